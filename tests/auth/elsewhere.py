"""What each route is to somebody with every role at another site: a reviewed table, asked.

`python -m tests.auth.elsewhere` adds the routes that are new, undecided ("?"), and forgets those
that are gone; a person writes the decision.

- hidden: the thing of another site does not exist for them (404).
- narrowed: the page opens and shows their own site only (`test_what_is_shown` compares).
- whole: what the hospital has once is for those who reach all of it (403).
- own: it is about themselves, or about nobody. open: it needs no sign-in.
"""

import csv
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from itops import create_app
from itops.auth.permissions import Permission
from itops.clock import utcnow
from itops.config import Settings
from itops.db import db
from itops.models import EnrolmentCode, Quiet, QuietKind, Role, Site
from itops.services.secrets.secrecy import secret_hash
from tests import factories
from tests.auth.changes_of_reviews import proposal
from tests.auth.matrix import OPEN, routes
from tests.services.alerting.world import trouble
from tests.services.maintenance.planned import order, plan
from tests.views.checking.test_credentials import a_key

TABLE = Path(__file__).with_name("elsewhere.csv")
HEAD = ("method", "route", "elsewhere")
HIDDEN, NARROWED, WHOLE, OWN = "hidden", "narrowed", "whole", "own"
DECISIONS = {HIDDEN, NARROWED, WHOLE, OWN, OPEN}


def rows() -> list[dict[str, str]]:
    """Return the table as it was reviewed."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def is_open(app: Flask, endpoint: str) -> bool:
    view = app.view_functions[endpoint]
    return not isinstance(getattr(view, "permission", None), Permission)


def _quiet(site: Site) -> Quiet:
    at = utcnow()
    ends = at + timedelta(hours=2)
    made = Quiet(kind=QuietKind.WINDOW, reason="x", starts_at=at, ends_at=ends, site=site)
    made.created_at, made.created_by = at, "甲"
    return made


def _code(site: Site) -> EnrolmentCode:
    at = utcnow()
    made = EnrolmentCode(code_hash=secret_hash("x"), hint="x", site=site, ends_at=at)
    made.created_at, made.created_by = at, "甲"
    return made


#: By the name that stands in the route: something of a site.
THINGS: dict[str, Callable[[Site], Any]] = {
    "alert_id": lambda site: trouble(site_id=site.id, at=utcnow()),
    "asset_id": lambda site: factories.asset(site=site),
    "check_id": lambda site: factories.check(module=factories.module(site=site)),
    "code_id": _code,
    "credential_id": lambda site: factories.credential(site=site),
    "host_id": lambda site: factories.host(site=site),
    "job_id": lambda site: factories.backup(module=factories.module(site=site)),
    "key_id": lambda site: a_key(site=site),
    "module_id": lambda site: factories.module(site=site),
    "order_id": lambda site: order(site=site),
    "place_id": lambda site: factories.department(site=site),
    "plan_id": lambda site: plan(site=site),
    "proposal_id": lambda _site: proposal(),
    "quiet_id": _quiet,
    "site_id": lambda site: site,
    "thing_id": lambda site: factories.asset(site=site),
    "ticket_id": lambda site: factories.ticket(site_id=site.id),
    "user_id": lambda site: factories.user(site=site, role=Role.REPORTER),
}


def things(site: Site) -> dict[str, int]:
    """Return the key of a thing of each kind, all of one site."""
    made = {name: make(site) for name, make in THINGS.items()}
    db.session.add_all(made.values())
    db.session.flush()
    return {name: thing.id for name, thing in made.items()}


def write() -> None:
    """Add what is new, forget what is gone."""
    known = {(row["method"], row["route"]): row["elsewhere"] for row in rows()}
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder)))
        found = [
            (*key, OPEN if is_open(app, rule.endpoint) else known.get(key, "?"))
            for key, rule in sorted(routes(app).items(), key=lambda pair: pair[0][::-1])
        ]
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        writer.writerows(found)


if __name__ == "__main__":
    write()
