"""Today's first page: what is broken, due, unproven and new, for each role its own."""

import html
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import true

from itops.checks.base import State
from itops.clock import utcnow
from itops.db import db
from itops.models import (
    AlertStatus,
    Enrolment,
    ModuleState,
    ModuleStateChange,
    Role,
    WorkOrder,
    WorkStatus,
)
from itops.services.maintenance.days import Now
from itops.services.overview import Part, overview
from itops.views import overviews
from itops.views.overviews import PAGES
from tests import factories
from tests.queries import counted
from tests.services.months import world

ZONE = ZoneInfo("Asia/Shanghai")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ROLES = (Role.ENGINEER, Role.HEAD, Role.DIRECTOR, Role.SYSTEM_ADMIN, Role.DEPARTMENT_CONTACT)


def bad_day(site):
    """Make one of everything that the first page tells."""
    at = utcnow()
    today = at.astimezone(ZONE).date()
    module = factories.module(code="LIS", name="检验系统", site=site)
    db.session.add(
        ModuleState(module_id=module.id, state=State.CRITICAL, since_at=at, looked_at=at)
    )
    db.session.add(
        ModuleStateChange(module_id=module.id, at=at - HOUR, old=State.OK, new=State.CRITICAL)
    )
    world.alert(site, status=AlertStatus.OPEN, opened_at=at)
    world.alert(site, number=2, status=AlertStatus.ACKNOWLEDGED, opened_at=at, acknowledged_at=at)
    world.order(site, today - 9 * DAY)
    world.order(site, today)
    signed: WorkOrder = world.order(site, today)
    signed.status = WorkStatus.TO_SIGN
    disputed = world.order(site, today + DAY)
    disputed.is_disputed = True
    late = world.ticket(site, None, opened_at=at - DAY)
    late.next_due_at, late.announced_at = at - HOUR, at - HOUR
    factories.host(site=site, state={"last_seen_at": at - DAY, "stale_at": at - HOUR})
    factories.host(site=site, enrolment=Enrolment.PENDING)
    db.session.commit()


def lines(within=None) -> dict[Part, dict[str, int]]:
    now = Now(utcnow(), ZONE)
    found = overview(now, lambda topic: within or (lambda model: true()))
    return {part: {line.name: line.count for line in some} for part, some in found.items()}


def test_each_part_counts_what_it_says(app):
    bad_day(factories.site())
    assert lines() == {
        Part.BROKEN: {"modules_down": 1, "alerts": 1, "known_faults": 1},
        Part.DUE: {"overdue": 1, "today": 1, "to_sign": 1, "tickets_late": 1},
        Part.UNPROVEN: {"disputed": 1, "backups": 1, "silent": 1},
        Part.NEW: {"outages": 1, "tickets_new": 1, "hosts_new": 1},
    }


@pytest.mark.both_databases
def test_it_is_the_same_on_both_databases_in_few_queries(any_app):
    bad_day(factories.site())
    with counted() as statements:
        found = lines()
    assert sum(len(some) for some in found.values()) == 13
    assert len(statements) <= 21


def test_what_is_out_of_reach_is_not_counted(app):
    bad_day(factories.site())
    elsewhere = factories.site()
    found = lines(lambda model: model.site_id == elsewhere.id)
    assert not any(found.values())


def test_the_page_begins_with_what_is_broken(sign_in):
    bad_day(factories.site())
    page = sign_in(Role.HEAD).get("/today").text
    assert page.index("1 module is down") < page.index("What is due")
    for sentence in (
        "LIS 检验系统",
        "1 alert that nobody has taken",
        "1 work order waits for a signature",
        "1 ticket is over its time limit",
        "1 module without a proven backup",
        "1 machine is silent",
        "1 machine waits to be let in",
    ):
        assert sentence in page


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.HEAD])
def test_what_is_broken_is_said_once(sign_in, role):
    site, at = factories.site(), utcnow()
    fault = world.ticket(site, None, opened_at=at)
    fault.announced_at = at
    db.session.commit()
    page = sign_in(role).get("/today").text
    assert page.count("1 known fault that everybody was told of") == 1
    assert page.count(f'href="/tickets/{fault.id}"') >= 1
    fault.announced_at = None
    db.session.commit()
    assert sign_in(role).get("/today").text.count("Nothing is broken") <= 1


def test_alerts_are_named_in_the_readers_language(sign_in):
    names = {"subject_name": "LIS 备份", "subject_name_en": "LIS backup"}
    world.alert(factories.site(), status=AlertStatus.OPEN, opened_at=utcnow(), **names)
    db.session.commit()
    browser = sign_in(Role.ENGINEER)
    english, chinese = (
        browser.get("/today", headers={"Accept-Language": one}).text for one in ("en", "zh")
    )
    assert (">LIS backup<" in english, ">LIS backup<" in chinese) == (True, False)
    assert (">LIS 备份<" in english, ">LIS 备份<" in chinese) == (False, True)


@pytest.mark.parametrize("role", ROLES)
def test_every_line_that_a_role_sees_opens_for_it(sign_in, role):
    bad_day(factories.site())
    browser = sign_in(role)
    page = browser.get("/today").text
    part = page[page.index('id="broken"') :]
    links = {piece.split('"')[0].replace("&amp;", "&") for piece in part.split('href="')[1:]}
    pages = [link for link in links if not link.startswith("#")]
    assert [page for page in pages if browser.get(page).status_code != 200] == []


@pytest.mark.parametrize(("role", "walks"), [(Role.ENGINEER, True), (Role.HEAD, False)])
def test_who_walks_meets_the_way_first_and_others_how_things_stand(sign_in, role, walks):
    bad_day(factories.site())
    page = sign_in(role).get("/today").text
    assert (page.index('id="route"') < page.index('id="broken"')) is walks


def test_a_role_is_told_only_of_its_own_work(sign_in):
    bad_day(factories.site())
    director = sign_in(Role.DIRECTOR).get("/today").text
    assert "module is down" in director
    assert "waits for a signature" not in director
    assert "waits to be let in" not in director


def test_on_a_good_day_the_page_says_so(sign_in):
    factories.check()
    page = sign_in(Role.ENGINEER).get("/today").text
    assert "Nothing is broken, as far as is known" in page
    assert "Nothing is due" in page


def test_another_site_is_told_of_nothing(sign_in):
    bad_day(factories.site())
    page = sign_in(Role.SITE_OFFICER, site=factories.site()).get("/today").text
    assert "Nothing is broken, as far as is known" in page


#: Where a row of the page behind each line leads; a row that leads nowhere else is not counted.
ROWS = {
    "outages": "/modules/",
    "modules_down": "/modules/",
    "alerts": "/alerts/",
    "overdue": "/maintenance/orders/",
    "today": "/maintenance/orders/",
    "to_sign": "/maintenance/orders/",
    "disputed": "/maintenance/orders/",
    "known_faults": "/tickets/",
    "tickets_late": "/tickets/",
    "tickets_new": "/tickets/",
    "backups": "/modules/",
    "silent": "/hosts/",
    "hosts_new": "/enrolment/pending/",
}


def rows_behind(browser, address: str, kind: str) -> int:
    """Return how many things the page behind a line lists; behind an anchor, that part of it."""
    path, _, anchor = address.partition("#")
    page = browser.get(path).text
    main = page[page.index("<main") : page.index("</main>")]
    if anchor:
        main = main[main.index(f'id="{anchor}"') :].partition("</div></div>")[0]
    return len(set(re.findall(rf'"{kind}(\d+)[/"]', main)))


def beside_the_point(site):
    """Make one of everything that each line leaves out, though it is much like what it counts."""
    at = utcnow()
    today = at.astimezone(ZONE).date()
    cause = world.alert(site, number=3, status=AlertStatus.OPEN, opened_at=at)
    world.alert(site, number=4, status=AlertStatus.OPEN, opened_at=at, cause_id=cause.id)
    world.order(site, today + DAY)
    taken = world.ticket(site, None, opened_at=at, assignee_id=factories.user().id)
    taken.next_due_at = at + DAY
    late = {"last_seen_at": at - DAY, "stale_at": at - HOUR}
    factories.host(site=site, state=late | {"farewell_at": at - HOUR})
    factories.host(site=site, state=late, enrolment=Enrolment.REVOKED)
    factories.host(site=site)
    factories.host(site=site, state={"last_seen_at": at, "stale_at": at + HOUR})
    well = factories.module(code="EMR", site=site)
    changes = ((at - 2 * DAY, State.CRITICAL), (at - HOUR, State.WARNING))
    db.session.add_all(
        ModuleStateChange(module_id=well.id, at=moment, old=State.OK, new=new)
        for moment, new in changes
    )
    twice = factories.module(code="PACS", site=site)
    db.session.add_all(
        ModuleStateChange(module_id=twice.id, at=at - n * HOUR, old=State.OK, new=State.CRITICAL)
        for n in (1, 2)
    )
    factories.backup(module=well, site=site)
    db.session.commit()


@pytest.mark.parametrize("role", ROLES)
def test_every_figure_is_the_number_of_rows_behind_its_link(sign_in, role):
    site = factories.site()
    bad_day(site)
    beside_the_point(site)
    browser = sign_in(role)
    parts = re.findall(rf'id="(?:{"|".join(Part)})".*?</section>', browser.get("/today").text, re.S)
    told = re.findall(r'<a class="lk" href="([^"]+)">(\d*)[^<]*</a>', "".join(parts))
    figures = {html.unescape(address): int(count) for address, count in told}
    with browser.application.test_request_context():
        pages = {overviews.page_of(name, Now(utcnow(), ZONE)): name for name in PAGES}
    found = {address: rows_behind(browser, address, ROWS[pages[address]]) for address in figures}
    assert found == figures
    assert len(figures) > 2


def test_every_line_has_a_page(app):
    bad_day(factories.site())
    named = {name for some in lines().values() for name in some}
    assert named == set(PAGES)


def test_where_nothing_is_looked_at_silence_is_no_good_news(sign_in):
    page = sign_in(Role.SYSTEM_ADMIN).get("/today").text
    assert "nobody knows how things are" in page
    assert "Nothing is broken, as far as is known</b>" not in page
    assert 'href="/first-steps"' in page
    assert 'href="/first-steps"' not in sign_in(Role.ENGINEER).get("/today").text


def test_who_does_no_work_meets_the_known_fault_and_no_walk(sign_in):
    ward = factories.department()
    known = factories.ticket(site_id=ward.site_id, department_id=ward.id, what="software")
    known.announced_at = utcnow()
    contact = sign_in(Role.DEPARTMENT_CONTACT, site=ward.site, department=ward)
    page = contact.get("/today").text
    assert f"#{known.id} Clinical system" in page
    assert page.index("1 known fault") < page.index('id="due"')
    assert 'id="route"' not in page
    assert f'"/tickets/{known.id}"' in contact.get("/tickets?announced=1").text
    known = db.session.merge(known)
    known.announced_at = None
    assert f'"/tickets/{known.id}"' not in contact.get("/tickets?announced=1").text
