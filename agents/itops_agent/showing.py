"""Prints what would be sent, so that anybody can see what leaves the machine."""

from __future__ import annotations

import os

from itops_agent import bounds, clock, config, identity
from itops_agent.errors import ConfigWrong
from itops_agent.inventory import collecting, identifiers

NICE = 10


def text(what: str, config_path: str) -> bytes:
    """Return the report as one line of JSON."""
    return bounds.dump(MAKERS[what](config_path)) + b"\n"


def health(_config_path: str) -> dict[str, object]:
    from itops_agent.health import Collector  # noqa: PLC0415  (the inventory needs it not)

    collector = Collector(interval_seconds=60)
    clock.rest(1.0)
    report: dict[str, object] = collector.collect(at=clock.now(), ticks=clock.ticks())
    return {**report, "clock_skew_seconds": None, "spool": {"waiting": 0, "dropped": 0}}


def inventory(config_path: str) -> dict[str, object]:
    """Also runs as a process of its own for the agent at work, and gives way to all others."""
    if hasattr(os, "nice"):
        os.nice(NICE)
    return collecting.collect(at=clock.now(), install_id=install_id(config_path))


def identified(config_path: str) -> dict[str, object]:
    found = identifiers.read(install_id(config_path))
    return {**identity.describe(found), "machine": identity.fingerprint(found)}


def install_id(config_path: str) -> str:
    """Return the id drawn at enrolment; nothing where there is none yet."""
    try:
        return config.load_credential(config.load(config_path)).install_id
    except ConfigWrong:
        return ""


MAKERS = {"health": health, "inventory": inventory, "identity": identified}
