"""The month's report in words: the sentences on top, and the tables of its files."""

from itops.documents.reports import Cell, Table
from itops.services.months.period import Look
from itops.services.months.report import Report
from itops.services.months.shares import Share
from itops.services.months.tickets import TicketLine
from itops.views.answering.language import named, t

HOUR, MINUTE = 3600, 60


def title(look: Look) -> str:
    """Return the report's name."""
    return t("month.title", year=look.month.year, month=look.month.month)


def period(look: Look) -> str:
    """Return the days that are looked at; a running month ends today."""
    last = min(look.month.last, look.today)
    return t("month.period", first=look.month.first.isoformat(), last=last.isoformat())


def share(part: Share) -> str:
    """Return "17 of 20 (85 %)", and "1 of 2" where a percentage would mean nothing."""
    if not part.whole:
        return t("month.none_counted")
    if part.percent is None:
        return t("month.share", part=part.part, whole=part.whole)
    return t("month.share_percent", part=part.part, whole=part.whole, percent=round(part.percent))


def sentences(report: Report) -> list[str]:
    """Return what a colleague would say of the month."""
    tickets, alerts = report.all_tickets, report.alerts
    return [
        _outages(report),
        t("month.say.alerts", n=alerts.opened, unseen=alerts.over_unseen),
        t("month.say.upkeep", share=share(report.orders)),
        t("month.say.proofs", share=share(report.proven)),
        t("month.say.tickets", n=tickets.opened, share=share(tickets.resolution)),
    ]


def _outages(report: Report) -> str:
    if report.outages:
        return t("month.say.outages", n=report.outages, hours=hours(report.down_seconds))
    if report.unwatched == len(report.modules):
        return t("month.say.nothing_known")
    if report.unwatched:
        return t("month.say.partly_known", n=report.unwatched)
    return t("month.say.no_outage")


def hours(seconds: float) -> str:
    """Return hours with one figure after the point."""
    return f"{seconds / HOUR:.1f}"


def tables(report: Report) -> list[Table]:
    """Return the tables of the report's files."""
    when = period(report.look)
    return [
        _availability(report, when),
        _alerts(report, when),
        _upkeep(report, when),
        _proofs(report, when),
        _tickets(report, when),
    ]


def _availability(report: Report, when: str) -> Table:
    rows: list[list[Cell]] = []
    for line in report.modules:
        of = line.figures
        percent = of.percent
        rows.append(
            [
                f"{line.module.code} {named(line.module)}",
                round(percent, 2) if percent is not None else t("month.not_known"),
                round((of.up_seconds + of.down_seconds) / HOUR, 1),
                round(of.down_seconds / HOUR, 2),
                of.outages,
                round(of.unknown_seconds / HOUR, 1),
            ]
        )
    words = ("module", "availability", "known_hours", "down_hours", "outages", "unknown_hours")
    return Table(
        t("month.availability"),
        t("month.note.availability", period=when, n=len(rows)),
        _header(words),
        rows,
    )


def _alerts(report: Report, when: str) -> Table:
    of = report.alerts
    rows: list[list[Cell]] = [
        [t("month.alerts_opened"), of.opened],
        [t("month.alerts_critical"), of.critical],
        [t("month.alerts_acknowledged"), of.acknowledged],
        [t("month.alerts_unseen"), of.over_unseen],
        [t("month.alerts_open"), of.still_open],
        [t("month.alerts_median"), _minutes(of.median_seconds)],
        [t("month.alerts_longest"), _minutes(of.longest_seconds)],
    ]
    return Table(
        t("month.alerts"),
        t("month.note.alerts", period=when, n=of.opened),
        _header(("figure", "count")),
        rows,
    )


def _upkeep(report: Report, when: str) -> Table:
    of = report.upkeep
    rows: list[list[Cell]] = [
        [t("month.orders_due"), of.due],
        [t("month.orders_on_time"), of.on_time],
        [t("month.orders_late"), of.late],
        [t("month.orders_missed"), of.missed],
        [t("month.orders_found"), report.found],
        [t("month.compliance"), share(report.orders)],
    ]
    return Table(
        t("month.upkeep"),
        t("month.note.upkeep", period=when, n=of.due),
        _header(("figure", "count")),
        rows,
    )


def _proofs(report: Report, when: str) -> Table:
    zone = report.look.zone
    rows: list[list[Cell]] = [
        [
            f"{one.module.code} {named(one.module)}",
            t(f"month.proof.{one.proof}"),
            one.tested_at.astimezone(zone).date() if one.tested_at else None,
        ]
        for one in report.proofs
    ]
    return Table(
        t("month.proofs"),
        t("month.note.proofs", period=when, n=len(rows)),
        _header(("module", "proof", "tested_on")),
        rows,
    )


def _tickets(report: Report, when: str) -> Table:
    lines = [*report.tickets, report.all_tickets]
    words = ("department", "opened", "response", "response_mean", "resolution")
    more = ("resolution_mean", "still_open", "rating", "ratings")
    return Table(
        t("month.tickets"),
        t("month.note.tickets", period=when, n=report.all_tickets.opened),
        _header((*words, *more)),
        [_ticket_row(line) for line in lines],
    )


def _ticket_row(line: TicketLine) -> list[Cell]:
    return [
        department(line),
        line.opened,
        share(line.response),
        _minutes(line.response_seconds),
        share(line.resolution),
        _hours(line.resolution_seconds),
        line.still_open,
        round(line.rating, 1) if line.rating is not None else None,
        line.rated,
    ]


def department(line: TicketLine) -> str:
    """Return whose tickets a line counts."""
    if line.department is not None:
        return named(line.department)
    return t("month.nobodys") if line.is_nobodys else t("month.everybody")


def _header(words: tuple[str, ...]) -> list[str]:
    return [t(f"month.head.{word}") for word in words]


def _minutes(seconds: float | None) -> Cell:
    return round(seconds / MINUTE) if seconds is not None else None


def _hours(seconds: float | None) -> Cell:
    return round(seconds / HOUR, 1) if seconds is not None else None
