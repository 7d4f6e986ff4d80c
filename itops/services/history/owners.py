"""Whose history it is: each kind of owner has two tables, rows and blocks, of one shape."""

from dataclasses import dataclass

from sqlalchemy import Column, Table

from itops.db import Base
from itops.models import Check, CheckBlock, CheckSample, HealthSample, HistoryBlock, Host


@dataclass(frozen=True, eq=False)
class Owners:
    """One kind of owner, and the tables in which its history stands."""

    #: The owners themselves.
    table: Table
    rows: Table
    blocks: Table
    #: What rows and blocks call the owner's id.
    id_name: str

    @property
    def id_of_row(self) -> Column[int]:
        return self.rows.c[self.id_name]

    @property
    def id_of_block(self) -> Column[int]:
        return self.blocks.c[self.id_name]


def _owners(owner: type[Base], rows: type[Base], blocks: type[Base], id_name: str) -> Owners:
    return Owners(_table(owner), _table(rows), _table(blocks), id_name)


def _table(model: type[Base]) -> Table:
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(model)
    return table


HOSTS = _owners(Host, HealthSample, HistoryBlock, "host_id")
CHECKS = _owners(Check, CheckSample, CheckBlock, "check_id")
ALL = (HOSTS, CHECKS)
