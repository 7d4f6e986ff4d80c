"""The software of one host: searched and paged by key, out of its newest inventory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from itops.db import db
from itops.models import Host, Inventory

PAGE_SIZE = 100


@dataclass(frozen=True)
class Software:
    """A page of programs; `next_after` is the name and version that it ends with, "" at the end."""

    programs: Sequence[Mapping[str, Any]]
    total: int
    matching: int
    next_after: str


def page(inventory: Inventory, text: str, after: str) -> Software:
    """Return the programs whose name or publisher holds `text`, from the key `after` on."""
    programs = inventory.document.get("software") or []
    wanted = text.casefold()
    found = sorted((one for one in programs if wanted in _searched(one)), key=key_of)
    rest = [one for one in found if key_of(one) > after] if after else found
    shown = rest[:PAGE_SIZE]
    more = key_of(shown[-1]) if len(rest) > PAGE_SIZE else ""
    return Software(shown, len(programs), len(found), more)


def key_of(program: Mapping[str, Any]) -> str:
    """Return what orders programs."""
    parts = (str(program.get(name) or "") for name in ("name", "version", "arch"))
    return "\n".join(parts).casefold()


def inventory_of(host: Host) -> Inventory | None:
    """Return the newest inventory of a host, if it has sent one."""
    return db.session.get(Inventory, host.id)


def _searched(program: Mapping[str, Any]) -> str:
    return f"{program.get('name') or ''}\n{program.get('publisher') or ''}".casefold()
