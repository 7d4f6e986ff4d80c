"""The newest figures of a host or a check: a sample as it was taken, and no mean of several."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import isnan
from typing import Any

from sqlalchemy import Select, bindparam, select

from itops.db import db
from itops.services.history.layouts import names_of
from itops.services.history.owners import CHECKS, HOSTS, Owners


@dataclass(frozen=True)
class Newest:
    """When a sample was taken (epoch seconds), and what it says by metric."""

    at: int
    figures: Mapping[str, float]


def of_host(host_id: int) -> Newest | None:
    """Return a host's newest sample; None once its row is packed away. One query."""
    return _read(host_id, HOSTS)


def of_check(check_id: int) -> Newest | None:
    """Return a check's newest figures, as `of_host` does."""
    return _read(check_id, CHECKS)


def _read(owner_id: int, owners: Owners) -> Newest | None:
    connection = db.session.connection()
    row = connection.execute(_statement(owners), {"owner_id": owner_id}).first()
    if row is None:
        return None
    at_ms, layout_id, packed = row
    names = names_of(connection, layout_id)
    told = zip(names, struct.unpack(f"<{len(names)}d", packed), strict=True)
    return Newest(at_ms // 1000, {name: figure for name, figure in told if not isnan(figure)})


@cache
def _statement(owners: Owners) -> Select[Any]:
    row = owners.rows.c
    newest = select(row.at_ms, row.layout_id, row.figures).order_by(row.at_ms.desc()).limit(1)
    return newest.where(owners.id_of_row == bindparam("owner_id"))
