"""One row of a ledger: its cells taken as the texts that the register's own form would send."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from itops.documents.spreadsheets import undefused
from itops.errors import FieldError, Invalid
from itops.models import Asset, AssetType, ImportDraft
from itops.services import written
from itops.services.assets import facts as asset_facts
from itops.services.assets.importing import words
from itops.services.assets.importing.headers import fields_of, plain
from itops.services.assets.importing.places import Places

#: Lines that add up, sign or number the pages are no assets.
NOT_ASSETS = re.compile(r"(合计|总计|小计|共计|制表|审核|第\d+页|total)")
#: "3年", "36个月": a warranty that runs from the day of purchase.
PERIOD = re.compile(r"(\d{1,2})\s*(年|years?|个?月|months?)")
#: What people put into a cell to say that there is nothing to say.
NOTHING = {"", "-", "--", "—", "——", "/", "\\", "无", "n/a", "na", "none", "null", "不详", "未知"}


@dataclass(frozen=True)
class Written:
    """What stands in one row, by field; cells that say nothing are left out."""

    line: int
    tag: str
    name: str
    texts: Mapping[str, str]


class Interpreter:
    """Reads the rows of one draft, with the words and places that it may name."""

    def __init__(self, draft: ImportDraft, places: Places, types: Sequence[AssetType]) -> None:
        self.draft = draft
        self.places = places
        self._choices = {
            "type_key": words.type_words(types),
            "lifecycle": words.lifecycle_words(),
            "criticality": words.criticality_words(),
        }

    def read(self, line: int, cells: Sequence[str]) -> Written | None:
        """Return what a row says; None for a repeated header, a sum, or a row without an asset."""
        texts: dict[str, str] = {}
        for field, cell in zip(self.draft.fields, cells, strict=False):
            text = undefused(cell.strip()).strip()
            if field and text.casefold() not in NOTHING:
                texts[field] = text
        if not texts or sum(1 for field in fields_of(cells) if field) >= 3:
            return None
        name = texts.get("name", "")
        tag = re.sub(r"\s+", " ", written.plain(texts.get("tag", "")))
        if not (tag and name) and NOT_ASSETS.search("".join(cells).replace(" ", "")):
            return None
        return Written(line, tag, name, texts)

    def typed(self, row: Written, asset: Asset | None) -> tuple[dict[str, str], list[FieldError]]:
        """Return the texts of a form for this row, on top of the asset if there is one.

        A cell that says nothing changes nothing: what a ledger doesn't know is not deleted. Cells
        that say nothing that we know change nothing either, and are returned beside the texts.
        """
        typed = self._base(row, asset) | {"tag": row.tag}
        wrong: list[FieldError] = []
        for field, text in row.texts.items():
            try:
                typed[field] = self._one(field, text, typed, row)
            except Invalid as error:
                wrong.append(FieldError(field, error.message))
        return typed, wrong

    def missing_places(
        self, row: Written, typed: dict[str, str]
    ) -> tuple[dict[str, str], list[FieldError]]:
        """Put the row's department and location into `typed`.

        Return those that don't exist, and what is wrong with those that can't be told apart.
        """
        missing: dict[str, str] = {}
        wrong: list[FieldError] = []
        site_id = int(typed["site_id"])
        finders = {"department_id": self.places.department, "location_id": self.places.location}
        for field in finders.keys() & row.texts.keys():
            try:
                found = finders[field](site_id, row.texts[field])
            except Invalid as error:
                wrong.append(FieldError(field, error.message))
                continue
            typed[field] = str(found or "")
            if found is None:
                missing[field] = row.texts[field]
        return missing, wrong

    def _base(self, row: Written, asset: Asset | None) -> dict[str, str]:
        if asset is not None:
            return asset_facts.typed_of(asset_facts.facts_of(asset))
        return {"site_id": str(self.draft.site_id), "type_key": words.guessed_type(row.name)}

    def _one(self, field: str, text: str, typed: dict[str, str], row: Written) -> str:
        """Return one cell as the form would send it. Raise Invalid if it says nothing we know."""
        if field in self._choices:
            found = self._choices[field].get(plain(text))
            if found is None and field == "type_key":
                found = words.guessed_type(text)
            if found is None:
                raise Invalid("import.word_unknown", word=text[:80])
            return found
        if field == "site_id":
            return str(self.places.site(text))
        if field in {"department_id", "location_id"}:
            return typed.get(field, "")
        if field == "warranty_until_on":
            return _warranty(text, row.texts.get("purchased_on", typed.get("purchased_on", "")))
        return text


def _warranty(text: str, purchased: str) -> str:
    """Return the day on which a warranty such as "3年" ends; any other text as it is."""
    match = PERIOD.fullmatch(text.strip().casefold())
    bought = written.day(purchased) if match and purchased else None
    if match is None or bought is None:
        return text
    months = int(match[1]) * (12 if match[2].startswith(("年", "y")) else 1)
    year, month = divmod(bought.year * 12 + bought.month - 1 + months, 12)
    for day in range(bought.day, 27, -1):
        try:
            return date(year, month + 1, day).isoformat()
        except ValueError:
            continue
    return date(year, month + 1, min(bought.day, 28)).isoformat()
