"""Values of the log in words: it keeps keys and moments as the database has them."""

import re
from datetime import datetime

from itops.i18n import catalogue
from itops.views.answering.frame import reader
from itops.views.answering.language import language
from itops.views.showing import formats

#: What a table's words are called in the catalogue, where it is not as the table.
FAMILIES = {"work_order": "order", "remote_check": "check", "maintenance_plan": "plan"}
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")


def audit_value(thing: str, field: str, value: object) -> str:
    """Return a value that stands in `field` of a table `thing` as people read it elsewhere."""
    text = str(value)
    if MOMENT.fullmatch(text):
        return formats.moment(datetime.fromisoformat(text), reader())
    return _word(thing, field, text) if KEY.fullmatch(text) else text


def _word(thing: str, field: str, key: str) -> str:
    """Return the sentence of a key, looked for by the table and the field, then by the field."""
    known = catalogue(language()).sentences
    families = (f"{FAMILIES.get(thing, thing)}.{field}", f"{thing}_{field}", field)
    for family in families:
        sentence = known.get(f"{family}.{key}")
        if isinstance(sentence, str) and "{" not in sentence:
            return sentence
    return key
