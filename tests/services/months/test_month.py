"""The month's figures: what is counted, and that each is as many rows as it says."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import true

from itops.errors import Invalid
from itops.services.months import rows
from itops.services.months.period import Month
from itops.services.months.report import Report, report
from itops.services.months.rows import FIGURES, Wanted
from itops.services.proof import Proof
from tests import factories
from tests.queries import counted
from tests.services.months import world
from tests.services.months.world import AFTER, NOVEMBER, look


@pytest.fixture
def made(app):
    """A November with something of everything."""
    site = factories.site()
    laboratory = factories.department(site=site)
    world.tickets(site, laboratory)
    world.alerts(site)
    world.orders(site)
    world.outages(world.modules(site)[0])
    return site, laboratory


def figures(of: Report) -> dict[str, int]:
    """Return every figure of a report by the name under which its rows are listed."""
    tickets, alerts, upkeep, proofs = of.all_tickets, of.alerts, of.upkeep, of.proof_counts
    return {
        "tickets": tickets.opened,
        "answered_in_time": tickets.response.part,
        "answered_late": tickets.response.rest,
        "solved_in_time": tickets.resolution.part,
        "solved_late": tickets.resolution.rest,
        "still_open": tickets.still_open,
        "rated": tickets.rated,
        "alerts": alerts.opened,
        "critical_alerts": alerts.critical,
        "acknowledged": alerts.acknowledged,
        "over_unseen": alerts.over_unseen,
        "alerts_still_open": alerts.still_open,
        "orders": upkeep.due,
        "orders_on_time": upkeep.on_time,
        "orders_late": upkeep.late,
        "orders_missed": upkeep.missed,
        "orders_found": of.found,
        "modules": len(of.proofs),
        "proven": proofs[Proof.PROVEN],
        "unproven": proofs[Proof.UNPROVEN],
        "not_fresh": proofs[Proof.NOT_FRESH],
        "no_backup": proofs[Proof.NO_BACKUP],
        "outages": of.outages,
    }


def test_each_figure_counts_what_it_says(made):
    assert figures(report(look())) == {
        "tickets": 5,
        "answered_in_time": 3,
        "answered_late": 2,
        "solved_in_time": 1,
        "solved_late": 3,
        "still_open": 3,
        "rated": 3,
        "alerts": 4,
        "critical_alerts": 3,
        "acknowledged": 3,
        "over_unseen": 1,
        "alerts_still_open": 0,
        "orders": 4,
        "orders_on_time": 2,
        "orders_late": 1,
        "orders_missed": 1,
        "orders_found": 1,
        "modules": 4,
        "proven": 1,
        "unproven": 2,
        "not_fresh": 0,
        "no_backup": 1,
        "outages": 2,
    }


@pytest.mark.parametrize("at", [AFTER, world.NOON])
def test_every_figure_is_as_many_rows_as_it_says(made, at):
    said = figures(report(look(at)))
    listed = {name: len(rows.rows(look(at), Wanted(name)).rows) for name in FIGURES}
    assert listed == said


def test_times_and_ratings_are_means_of_what_is_known(made):
    tickets = report(look()).all_tickets
    assert tickets.response_seconds == (30 + 120 + 15 + 11) / 4 * 60
    assert tickets.resolution_seconds == (2 + 9) / 2 * 3600
    assert tickets.rating == pytest.approx(11 / 3)
    alerts = report(look()).alerts
    assert (alerts.median_seconds, alerts.longest_seconds) == (600, 3600)


def test_a_department_has_its_own_line_and_its_own_rows(made):
    site, laboratory = made
    ward = factories.department(site=site)
    world.ticket(site, ward)
    world.ticket(site, None)
    found = report(look())
    assert [(line.department, line.opened) for line in found.tickets[:1]] == [(laboratory, 5)]
    assert {line.department for line in found.tickets} == {laboratory, ward, None}
    assert found.all_tickets.opened == 7
    assert len(rows.rows(look(), Wanted("tickets", department_id=ward.id)).rows) == 1
    assert len(rows.rows(look(), Wanted("tickets", is_nobodys=True)).rows) == 1


def test_a_share_of_fewer_than_three_has_no_percentage(made):
    found = report(look())
    assert found.orders.percent == 50
    assert found.all_tickets.response.percent == 60
    assert report(look(month=NOVEMBER.previous)).orders.percent is None


def test_availability_counts_what_is_known_alone(made):
    lines = {line.module.code: line.figures for line in report(look()).modules}
    emr = lines["EMR"]
    down = 6 * 3600 + (datetime(2026, 11, 30, 16, tzinfo=UTC) - world.NOON).total_seconds()
    down -= 20 * 86_400
    assert emr.down_seconds == down
    assert emr.up_seconds == 30 * 86_400 - down
    assert lines["PACS"].percent is None
    assert lines["PACS"].unknown_seconds == 30 * 86_400


def test_outages_are_cut_to_the_month(made):
    december = rows.rows(look(month=NOVEMBER.next), Wanted("outages")).rows
    assert [(one.began_at, one.ended_at) for one in december] == [
        (look(month=NOVEMBER.next).start, None)
    ]
    first, second = rows.rows(look(), Wanted("outages")).rows
    assert first.seconds == 6 * 3600
    assert second.ended_at is None


def test_a_running_month_ends_now(made):
    running = look(world.NOON)
    assert running.is_running
    assert report(running).upkeep.due == 3  # the fourth may still be done on time
    known = report(running).modules[0].figures
    assert (
        known.up_seconds + known.down_seconds + known.unknown_seconds
        == (world.NOON - running.start).total_seconds()
    )


def test_a_reader_sees_only_what_is_within_reach(made):
    elsewhere = factories.site()

    def within(model):
        return model.site_id == elsewhere.id

    assert set(figures(report(look(within=within))).values()) == {0}
    world.ticket(elsewhere, None)
    assert report(look(within=within)).all_tickets.opened == 1
    assert {row.site_id for row in rows.rows(look(within=within), Wanted("tickets")).rows} == {
        elsewhere.id
    }


def test_long_lists_come_in_pages(made):
    site, _department = made
    for number in range(rows.MOST):
        world.alert(site, number=100 + number)
    page = rows.rows(look(), Wanted("alerts"))
    assert (len(page.rows), page.next_start) == (rows.MOST, rows.MOST)
    rest = rows.rows(look(), Wanted("alerts", start=rows.MOST))
    assert (len(rest.rows), rest.next_start) == (4, None)


@pytest.mark.both_databases
def test_the_report_is_the_same_on_both_databases_and_takes_few_queries(any_app):
    site = factories.site()
    world.tickets(site, factories.department(site=site))
    world.alerts(site)
    world.orders(site)
    world.outages(world.modules(site)[0])
    with counted() as statements:
        found = report(look(within=lambda model: true()))
    assert found.all_tickets.resolution_seconds == 5.5 * 3600
    assert found.alerts.median_seconds == 600
    assert len(statements) <= 16


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29)),
    ],
)
def test_a_month_has_its_first_and_last_day(text, first, last):
    month = Month.read(text)
    assert (month.first, month.last, str(month)) == (first, last, text)
    assert month.next.previous == month


@pytest.mark.parametrize(
    "text", ["", "2026-13", "2026-00", "1999-01", "2026-1", "２０２６-11", "x"]
)
def test_what_is_no_month_is_refused(text):
    with pytest.raises(Invalid):
        Month.read(text)
