"""The table of every route, method and role, and how it is written anew.

`python -m tests.auth.matrix` writes what the code decides now; what changed is read in the
difference before it is committed. The test compares the table with real requests.
"""

import csv
import tempfile
from collections.abc import Mapping
from pathlib import Path

from flask import Flask
from werkzeug.routing import AnyConverter, IntegerConverter, Rule

from itops import create_app
from itops.auth.permissions import GRANTS, Permission
from itops.config import Settings
from itops.models import Role

TABLE = Path(__file__).with_name("matrix.csv")
HEAD = ("method", "route", "permission", "token", *(role.value for role in Role))
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
#: The key of nothing.
MISSING = 2**31 - 1
NO_KEYS: Mapping[str, int] = {}
OPEN, YES, NO = "open", "yes", "-"
#: A token opens nothing (NO), or nothing but a token does: the permission must be in its scope.
ONLY = "only"


def routes(app: Flask) -> dict[tuple[str, str], Rule]:
    """Return every route by method and rule; the app's own, none of the test's."""
    return {
        (method, rule.rule): rule
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) & METHODS)
    }


def decided(app: Flask) -> list[tuple[str, ...]]:
    """Return the table's rows as the marks on the views decide them."""
    return [
        (method, route, *_marks(app.view_functions[rule.endpoint]))
        for (method, route), rule in sorted(routes(app).items(), key=lambda pair: pair[0][::-1])
    ]


def _marks(view: object) -> tuple[str, ...]:
    permission = getattr(view, "permission", None)
    if not isinstance(permission, Permission):
        return (OPEN, OPEN, *(OPEN for _ in Role))
    token = ONLY if getattr(view, "takes_token", False) else NO
    return (permission.value, token, *(YES if role in GRANTS[permission] else NO for role in Role))


def rows() -> list[dict[str, str]]:
    """Return the table as it was reviewed."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def address(rule: Rule, keys: Mapping[str, int] = NO_KEYS) -> str:
    """Return an address of `rule` with these keys; a thing without one does not exist."""
    parts = {
        name: keys.get(name, MISSING)
        if isinstance(converter, IntegerConverter)
        else _word(converter)
        for name, converter in rule._converters.items()
    }
    built = rule.build(parts)
    assert built is not None
    return built[1]


def _word(converter: object) -> str:
    return sorted(converter.items)[0] if isinstance(converter, AnyConverter) else "x"


def write() -> None:
    """Write the table as the code decides now."""
    with tempfile.TemporaryDirectory() as folder:
        found = decided(create_app(Settings(data_dir=Path(folder))))
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        writer.writerows(found)


if __name__ == "__main__":
    write()
