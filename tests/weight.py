"""How heavy a page is: its HTML and each file that it loads, packed, as a cold browser gets it."""

import gzip
import re
from collections.abc import Callable
from typing import Any

#: What a page may weigh in bytes, and the library of charts on top of it.
BUDGET = 60_000
CHART_BUDGET = 25_000
#: Cold requests of a page without charts.
REQUESTS = 5
LOADED = re.compile(r"""<(?:script[^>]*\ssrc|link[^>]*\shref)="([^"]+)\"""")


def loaded_by(html: str) -> list[str]:
    """Return the addresses of the files that a page loads."""
    return LOADED.findall(html)


def weight_of(html: str, get: Callable[[str], Any]) -> dict[str, int]:
    """Given a page and how to get an address, return the packed bytes of it and of its files."""
    weights = {"html": len(gzip.compress(html.encode(), mtime=0))}
    for address in loaded_by(html):
        weights[address] = len(gzip.compress(get(address).data, mtime=0))
    return weights


def check(html: str, get: Callable[[str], Any]) -> dict[str, int]:
    """Fail if a page is heavier than it may be; return what it weighs."""
    weights = weight_of(html, get)
    charts = sum(size for address, size in weights.items() if "uplot" in address)
    assert charts <= CHART_BUDGET, weights
    assert sum(weights.values()) - charts <= BUDGET, weights
    assert len([address for address in weights if "chart" not in address.lower()]) <= REQUESTS + 1
    return weights
