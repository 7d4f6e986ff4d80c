"""wrk, the client for both sides: 64 connections that stay open, one thread."""

import re
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.bench.peers import program

CONNECTIONS = 64
WARM_UP_SECONDS = 3
MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


class MissingError(Exception):
    """wrk is not installed."""


@dataclass(frozen=True)
class Load:
    """What one run of the client saw."""

    requests_per_second: float
    p99_milliseconds: float
    refused: int


def load(address: str, script: Path, *, seconds: float) -> Load:
    """Send what the script says for so many seconds, after some to warm up.

    Each run hands the script another id (32 hex digits), to tell its requests from the last run's.
    """
    path = program("wrk")
    if path is None:
        raise MissingError
    said = ""
    for duration in (WARM_UP_SECONDS, seconds):
        command = [path, "-t1", f"-c{CONNECTIONS}", f"-d{duration:.0f}s", "--latency"]
        command += ["--timeout", "10s", "-s", str(script), address]
        command += ["--", secrets.token_hex(16)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        said = done.stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    slow = re.search(r"(?m)^\s+99%\s+([\d.]+)(us|ms|s|m)\s*$", said)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    if rate is None or slow is None:
        raise RuntimeError(said)
    return Load(
        float(rate[1]), float(slow[1]) * MILLISECONDS[slow[2]], int(refused[1]) if refused else 0
    )


def text(value: str) -> str:
    """Return a string of Lua; ours hold no quote and only the escapes that Lua knows."""
    return f"'{value}'"
