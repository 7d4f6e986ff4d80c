"""An upload between its dry run and its end: kept as a row, for its uploader, for a day."""

import json
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import ImportDraft
from itops.services.assets.facts import READERS
from itops.services.assets.importing import headers
from itops.services.assets.importing.reading import MOST_ROWS, Sheet
from itops.services.scoping import Within

KEPT = timedelta(hours=24)
#: A row of the ledger: the number of its line, and its cells.
Row = tuple[int, list[str]]


def keep(
    sheets: Sequence[Sheet], filename: str, *, site_id: int, user_id: int, at: datetime
) -> ImportDraft:
    """Keep an upload. Raise Refused if it has no rows under its header, or too many."""
    sheet, top = headers.find_header(sheets)
    rows = sheet.rows[top + 1 :]
    if not rows:
        raise Refused("import.no_rows")
    if len(rows) > MOST_ROWS:
        raise Refused("import.too_many_rows", most=MOST_ROWS)
    forget_ended(at=at)
    width = max(len(cells) for _, cells in (sheet.rows[top], *rows))
    names = [*sheet.rows[top][1], *[""] * width][:width]
    draft = ImportDraft(
        user_id=user_id,
        filename=filename[-200:],
        read_as=sheet.read_as,
        created_at=at,
        ends_at=at + KEPT,
        site_id=site_id,
        table=zlib.compress(json.dumps(rows, ensure_ascii=False).encode("utf-8", "replace")),
        headers=names,
        row_count=len(rows),
        fields=headers.fields_of(names),
    )
    db.session.add(draft)
    db.session.flush()
    return draft


def rows_of(draft: ImportDraft) -> list[Row]:
    """Return the rows under the header."""
    return [(number, cells) for number, cells in json.loads(zlib.decompress(draft.table))]


def map_columns(draft: ImportDraft, fields: Sequence[str], *, makes_places: bool) -> None:
    """Say which field each column fills. Raise Invalid if one is named twice or unknown."""
    named = [field for field in fields if field]
    if len(fields) != len(draft.headers) or not set(named) <= set(READERS):
        raise Invalid("import.mapping_unknown", field="columns")
    if len(set(named)) != len(named):
        raise Invalid("import.mapping_twice", field="columns")
    draft.fields = list(fields)
    draft.makes_places = makes_places


def of_person(user_id: int, *, at: datetime, within: Within) -> list[ImportDraft]:
    """Return a person's own drafts that have not ended and lie within reach, newest first."""
    found = db.session.scalars(
        select(ImportDraft)
        .where(ImportDraft.user_id == user_id, ImportDraft.ends_at > at)
        .order_by(ImportDraft.id.desc())
        .limit(20)
    )
    return [draft for draft in found if within.covers(site_id=draft.site_id)]


def forget_ended(*, at: datetime) -> None:
    """Delete the drafts that nobody applied in time."""
    db.session.execute(delete(ImportDraft).where(ImportDraft.ends_at <= at))
