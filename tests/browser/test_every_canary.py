"""No page runs what stands in any text of the database: a canary in each, every page opened."""

import shutil

import pytest
from sqlalchemy import Enum, String, Table, literal, select, type_coerce, update

from itops import create_app
from itops.clock import utcnow
from itops.config import Settings
from itops.db import Base, db
from itops.models import Asset, Role, User
from itops.services.auditing import Actor, record
from tests import every_page
from tests.browser.windows import serving
from tests.conftest import Client, signed_in_as

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CANARY = """<img src=x onerror="window.sung=1"><script>window.sung=1</script>{{7*7}}'"""
#: Tables that nobody may change; a line of the log is written with the canary instead.
SEALED = "audit_"
#: Columns with our own keys and grammar, which pages read and never show as they are: nobody's
#: words come there.
OUR_OWN = {
    *("code", "digest", "hash", "key", "kind", "language", "machine", "media_type", "once_key"),
    *("open_key", "password_hash", "public_id", "request_key", "sealed_by", "sha256", "zone"),
    *(
        "alert.rule",
        "alert.subject",
        "duty.name",
        "evidence.rule",
        "job.subject",
        "public_count.what",
    ),
    *("maintenance_plan.evidence_rule", "maintenance_plan.recurrence", "maintenance_plan.template"),
    *(
        "quiet.rule",
        "quiet.subject",
        "work_order.evidence_rule",
        "host_spool.spool",
        "dependency.arrow",
    ),
    *("host_state.farewell_reason", "verification.ordered_by"),
}
#: Answers that a browser keeps as a file, or that are for programs.
FILES = (
    *(
        "export",
        ".csv",
        ".ics",
        "report.",
        ".sh",
        ".pem",
        ".pyz",
        ".zip",
        "/api/",
        "/series",
        "install.",
    ),
    *("/metrics", "/attachments/", "itops-check", "/news", "/progress", "/healthz", "/readyz"),
)


def written(table: Table) -> list[str]:
    """Return the columns of a table in which somebody's words stand."""
    return [
        column.name
        for column in table.columns
        if isinstance(column.type, String)
        and not isinstance(column.type, Enum)
        and not column.foreign_keys
        and not {column.name, f"{table.name}.{column.name}"} & OUR_OWN
    ]


def sing() -> int:
    """Put the canary into every text; return how many columns that were."""
    count = 0
    for table in Base.metadata.sorted_tables:
        if not table.name.startswith(SEALED) and (names := written(table)):
            key = type_coerce(table.c.id if "id" in table.c else literal(""), String)
            db.session.execute(update(table).values(dict.fromkeys(names, key + CANARY)))
            count += len(names)
    asset = db.session.scalars(select(Asset).limit(1)).one()
    who = Actor(None, CANARY, CANARY)
    record("asset.edited", asset, by=who, at=utcnow(), before={"name": ""}, after={"name": CANARY})
    db.session.commit()
    return count


@pytest.fixture
def hospital(migrated, tmp_path):
    """An app with one of everything and the canary in all of it, served; its cookie; addresses."""
    shutil.copy(migrated / "itops.db", tmp_path)
    app = create_app(Settings(data_dir=tmp_path))
    app.testing, app.test_client_class = True, Client
    with app.app_context():
        client = signed_in_as(app, Role.HEAD, login="chief")
        chief = db.session.scalars(select(User).where(User.login == "chief")).one()
        every_page.fill(chief)
        found = every_page.addresses(app, client)
        assert sing() > 100
        cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
        assert cookie
        with serving(app) as url:
            yield url, {"name": cookie.key, "value": cookie.value}, found


@pytest.mark.parametrize(("locale", "turn"), [("zh-CN", 0), ("en-GB", 1)])
def test_no_page_runs_what_stands_in_a_text(chromium, hospital, locale, turn, is_full):
    """All pages in both languages with --full, else every other page in each of them."""
    url, cookie, found = hospital
    context = chromium.new_context(locale=locale)
    context.add_cookies([cookie | {"url": url}])
    page, told, wrong, seen = context.new_page(), [], {}, 0
    page.on("console", lambda said: told.extend([said.text] if said.type == "error" else []))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("dialog", lambda dialog: told.append(dialog.message))
    every = sorted({one for places in found.values() for one in places})
    pages = [place for place in every if not any(part in place for part in FILES)]
    for place in pages if is_full else pages[turn::2]:
        told.clear()
        answer = page.goto(url + place, wait_until="load")
        status = answer.status if answer else 0
        if status >= 500 or page.evaluate("window.sung") or (told and status < 400):
            wrong[place] = (status, page.evaluate("window.sung"), told[:2])
        seen += "onerror" in page.inner_text("body")
    context.close()
    assert wrong == {}
    assert seen > (30 if is_full else 15)  # else the canary did not come to the pages at all
