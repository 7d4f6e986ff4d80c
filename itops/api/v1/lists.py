"""The lists: which rows each holds, who may read them, and what it tells of each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from flask_login import current_user
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from itops.api.v1.fields import (
    BOOLEAN,
    DAY,
    INTEGER,
    MOMENT,
    TEXT,
    Field,
    of,
    one_of,
    or_none,
)
from itops.auth.permissions import Permission
from itops.auth.scopes import scoped
from itops.auth.sessions import settings
from itops.checks.base import State
from itops.db import Base, db
from itops.errors import Message
from itops.i18n import say
from itops.models import (
    Alert,
    AlertStatus,
    Asset,
    BackupJob,
    BackupKind,
    BackupRun,
    Criticality,
    Enrolment,
    Host,
    HostState,
    Impact,
    Lifecycle,
    RunState,
    Ticket,
    TicketKind,
    TicketStatus,
    Urgency,
    Verification,
    What,
)
from itops.models.ticket import NEVER
from itops.services import proof
from itops.services.backups import listing as backup_list

Rows = Callable[[Select[Any], datetime], Iterable[Any]]


@dataclass(frozen=True)
class Listing:
    """A list of /api/v1: its name, the permission that opens it, its rows and their fields."""

    name: str
    about: str
    permission: Permission
    model: type[Base]
    #: Given a select of the model, narrowed, ordered and cut, and the moment: the rows.
    rows: Rows
    fields: tuple[Field, ...]

    def page(self, *, after: int, limit: int, at: datetime) -> list[Any]:
        """Return up to `limit` rows within reach, by number, after the one numbered `after`."""
        number: Any = self.model.__table__.c.id
        wanted = scoped(select(self.model), self.model, self.permission)
        return list(self.rows(wanted.where(number > after).order_by(number).limit(limit), at))


class HostRow(NamedTuple):
    """A host and what is shown of it now."""

    host: Host
    state: State
    since: datetime | None
    last_seen_at: datetime | None


class BackupRow(NamedTuple):
    """A backup, its newest run, and its newest restore test."""

    job: BackupJob
    run: BackupRun | None
    test: Verification | None


def _hosts(wanted: Select[Any], at: datetime) -> Iterable[HostRow]:
    wanted = wanted.where(Host.merged_into_id.is_(None)).add_columns(HostState)
    wanted = wanted.outerjoin(HostState, HostState.host_id == Host.id)
    for host, heard in db.session.execute(wanted.options(joinedload(Host.asset))):
        shown = heard.shown(at) if heard else None
        is_known = shown is not None and host.quarantined_at is None
        yield HostRow(
            host,
            shown.state if shown and is_known else State.UNKNOWN,
            shown.since if shown else None,
            heard.last_seen_at if heard else None,
        )


def _plain(wanted: Select[Any], _at: datetime) -> Iterable[Any]:
    return db.session.scalars(wanted)


def _alerts(wanted: Select[Any], _at: datetime) -> Iterable[Alert]:
    return db.session.scalars(wanted.where(Alert.status != AlertStatus.SOFT))


def _tickets(wanted: Select[Any], _at: datetime) -> Iterable[Ticket]:
    return db.session.scalars(wanted.options(joinedload(Ticket.asset), joinedload(Ticket.assignee)))


def _backups(wanted: Select[Any], _at: datetime) -> Iterable[BackupRow]:
    jobs = list(db.session.scalars(wanted.options(joinedload(BackupJob.module))))
    keys = [job.id for job in jobs]
    runs = backup_list.newest_runs(keys)
    tests = {test.job_id: test for test in proof.newest_tests(keys)}
    return [BackupRow(job, runs.get(job.id), tests.get(job.id)) for job in jobs]


def _sentence(alert: Alert) -> str:
    language = current_user.language or settings().language
    return say(Message.from_json(alert.message), language)


def _due(ticket: Ticket) -> datetime | None:
    return None if ticket.next_due_at == NEVER else ticket.next_due_at


ID = Field("id", "Its number, by which pages of the list follow each other.", INTEGER, of("id"))
SITE = Field("site_id", "The site that it belongs to.", INTEGER, of("site_id"))
MAYBE_SITE = Field("site_id", "The site that it belongs to.", or_none(INTEGER), of("site_id"))
DEPARTMENT = Field(
    "department_id", "The department, if one is known.", or_none(INTEGER), of("department_id")
)

HOSTS = (
    Field("id", ID.about, INTEGER, of("host.id")),
    Field("name", "As the machine calls itself.", TEXT, of("host.name")),
    Field("system", "Its operating system.", TEXT, of("host.system")),
    Field("address", "From where it reported last.", TEXT, of("host.address")),
    Field("enrolment", "Whether it was let in.", one_of(Enrolment), of("host.enrolment")),
    Field("state", "As pages show it now; silence is unknown.", one_of(State), of("state")),
    Field("state_since_at", "Since when.", or_none(MOMENT), of("since")),
    Field("last_seen_at", "When it was heard last.", or_none(MOMENT), of("last_seen_at")),
    Field(
        "is_quarantined",
        "Heard, but not believed.",
        BOOLEAN,
        lambda row: bool(row.host.quarantined_at),
    ),
    Field("agent_version", "The agent's version.", TEXT, of("host.agent_version")),
    Field("asset_tag", "The asset that it is.", or_none(TEXT), of("host.asset.tag")),
    Field("site_id", MAYBE_SITE.about, or_none(INTEGER), of("host.site_id")),
)
ASSETS = (
    ID,
    Field("tag", "What stands on its label.", TEXT, of("tag")),
    Field("name", "Its name.", TEXT, of("name")),
    Field("name_en", "Its English name, if it has one.", TEXT, of("name_en")),
    Field("type", "The key of its type.", TEXT, of("type_key")),
    Field("lifecycle", "Where it is in its life.", one_of(Lifecycle), of("lifecycle")),
    Field("criticality", "How much care depends on it.", one_of(Criticality), of("criticality")),
    SITE,
    DEPARTMENT,
    Field("vendor", "Who made it.", TEXT, of("vendor")),
    Field("model", "Its model.", TEXT, of("model")),
    Field("serial", "Its serial number.", TEXT, of("serial")),
    Field("ip_address", "Its address in the network.", TEXT, of("ip_address")),
    Field("mac_address", "The address of its network card.", TEXT, of("mac_address")),
    Field("purchased_on", "When it was bought.", or_none(DAY), of("purchased_on")),
    Field("warranty_until_on", "The warranty's last day.", or_none(DAY), of("warranty_until_on")),
    Field("updated_at", "When it was changed last.", MOMENT, of("updated_at")),
)
ALERTS = (
    ID,
    Field("subject", "What it is about: a kind and a number.", TEXT, of("subject")),
    Field("subject_name", "What that is called.", TEXT, of("subject_name")),
    Field("rule", "The rule that was broken.", TEXT, of("rule")),
    Field("status", "How far people are with it.", one_of(AlertStatus), of("status")),
    Field("state", "How bad it is now.", one_of(State), of("state")),
    Field("worst", "How bad it was at its worst.", one_of(State), of("worst")),
    Field("message", "What is wrong, in the person's language.", TEXT, _sentence),
    MAYBE_SITE,
    DEPARTMENT,
    Field("first_seen_at", "When it was seen first.", MOMENT, of("first_seen_at")),
    Field("opened_at", "When people were told.", or_none(MOMENT), of("opened_at")),
    Field("acknowledged_at", "When somebody took it.", or_none(MOMENT), of("acknowledged_at")),
    Field("acknowledged_by", "Who took it.", TEXT, of("acknowledged_by")),
    Field("resolved_at", "When it was over.", or_none(MOMENT), of("resolved_at")),
)
TICKETS = (
    ID,
    Field("kind", "What kind of ticket.", one_of(TicketKind), of("kind")),
    Field("status", "How far it is.", one_of(TicketStatus), of("status")),
    Field("what", "What does not work.", one_of(What), of("what")),
    Field("title", "The desk's words for it; may be empty.", TEXT, of("title")),
    Field("impact", "How many it hits.", one_of(Impact), of("impact")),
    Field("urgency", "How long it can wait.", one_of(Urgency), of("urgency")),
    Field("priority", "1 (highest) to 4.", INTEGER, of("priority")),
    Field("people", "How many reported it.", INTEGER, of("people")),
    SITE,
    DEPARTMENT,
    Field("asset_tag", "The device that it is about.", or_none(TEXT), of("asset.tag")),
    Field("assignee", "Who has it.", or_none(TEXT), of("assignee.name")),
    Field("opened_at", "When it was opened.", MOMENT, of("opened_at")),
    Field("responded_at", "When somebody began.", or_none(MOMENT), of("responded_at")),
    Field("resolved_at", "When it was solved.", or_none(MOMENT), of("resolved_at")),
    Field("next_due_at", "The target that runs now.", or_none(MOMENT), _due),
)
BACKUPS = (
    Field("id", ID.about, INTEGER, of("job.id")),
    Field("name", "Its name.", TEXT, of("job.name")),
    Field(
        "module", "The code of the module that relies on it.", or_none(TEXT), of("job.module.code")
    ),
    Field("kind", "What it holds.", one_of(BackupKind), of("job.kind")),
    Field("class", "1 daily, 2 every three days, 3 weekly.", INTEGER, of("job.backup_class")),
    Field("is_enabled", "Whether it is watched.", BOOLEAN, of("job.is_enabled")),
    Field("state", "What it is worth.", one_of(State), of("job.state")),
    Field("state_since_at", "Since when.", or_none(MOMENT), of("job.state_since_at")),
    Field("site_id", MAYBE_SITE.about, or_none(INTEGER), of("job.site_id")),
    Field("run_state", "How the newest run ended.", or_none(one_of(RunState)), of("run.state")),
    Field("run_finished_at", "When it ended.", or_none(MOMENT), of("run.finished_at")),
    Field("run_size_bytes", "Its size.", or_none(INTEGER), of("run.size_bytes")),
    Field("restore_tested_at", "The newest restore test.", or_none(MOMENT), of("test.at")),
    Field("restore_test_state", "How it went.", or_none(one_of(State)), of("test.state")),
)

LISTS = (
    Listing("hosts", "Machines with an agent.", Permission.VIEW_HEALTH, Host, _hosts, HOSTS),
    Listing("assets", "The register.", Permission.VIEW_ASSETS, Asset, _plain, ASSETS),
    Listing("alerts", "Episodes of trouble.", Permission.VIEW_ALERTS, Alert, _alerts, ALERTS),
    Listing("tickets", "The desk's tickets.", Permission.VIEW_TICKETS, Ticket, _tickets, TICKETS),
    Listing(
        "backups", "Backups and their proof.", Permission.VIEW_BACKUPS, BackupJob, _backups, BACKUPS
    ),
)
