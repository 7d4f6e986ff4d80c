"""Sealing: every day the head of the log is written down where no database reaches.

It goes into a file of the data folder, into one of a folder that may be another machine's, and
through channels: to the audit administrators by mail, to other programs and groups as one message.
What does not arrive is tried again every hour for a week, and is seen meanwhile.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select, update

from itops.config import Settings
from itops.db import db
from itops.errors import ItopsError, Message
from itops.i18n import translate
from itops.models import (
    AuditEntry,
    AuditHead,
    AuditSeal,
    AuditSealCopy,
    Channel,
    Role,
    RoleGrant,
    User,
)
from itops.services.alerting import channels
from itops.services.alerting.channels import Letterbox
from itops.services.alerting.wording import Text
from itops.services.audit import seals
from itops.services.audit.seals import Seal

EVERY = timedelta(hours=1)
TRIED_FOR = timedelta(days=7)
#: A day, and some hours for a server that was switched off.
LATE_AFTER = timedelta(hours=26)


@dataclass(frozen=True)
class Parcel:
    """One copy of a seal on its way: into a file, through a channel, or nowhere."""

    copy_id: int
    seal: Seal
    file: Path | None = None
    box: Letterbox | None = None


@dataclass(frozen=True)
class Standing:
    """How the sealing stands: the newest seal, and whether there should be a newer one."""

    seal: AuditSeal | None
    is_late: bool

    @property
    def failing(self) -> Sequence[AuditSealCopy]:
        """Return the copies that were tried and did not arrive."""
        copies = self.seal.copies if self.seal else []
        return [copy for copy in copies if copy.arrived_at is None and copy.tries]

    @property
    def outside(self) -> int:
        """How many copies have left this machine's data folder."""
        copies = self.seal.copies if self.seal else []
        return sum(copy.arrived_at is not None for copy in copies[1:])


def seal_daily(at: datetime, settings: Settings) -> Iterator[None]:
    """Seal the head once a day, and send what has not arrived yet. Yield after each piece."""
    if _is_due(at, ZoneInfo(settings.time_zone)):
        _seal(at, settings)
        yield
    parcels = list(_parcels(at, settings))
    if not parcels:
        return
    # The transaction ends here: nothing waits for a network while it holds the database.
    yield
    for parcel in parcels:
        error = _send(parcel)
        _note(parcel, error, at=at)
        yield


def standing(*, at: datetime) -> Standing:
    """Return how the sealing stands; a log without an entry needs no seal."""
    newest = _newest()
    since = newest.at if newest else db.session.scalar(_FIRST_ENTRY)
    return Standing(newest, since is not None and since + LATE_AFTER < at)


_FIRST_ENTRY = select(AuditEntry.at).order_by(AuditEntry.id).limit(1)


def as_seal(row: AuditSeal) -> Seal:
    """Return a seal as it is written down elsewhere."""
    return Seal(row.position, row.hash, row.algorithm.value, row.at.isoformat(timespec="seconds"))


def _newest() -> AuditSeal | None:
    return db.session.scalars(select(AuditSeal).order_by(AuditSeal.id.desc()).limit(1)).first()


def _is_due(at: datetime, zone: ZoneInfo) -> bool:
    newest = _newest()
    return newest is None or newest.at.astimezone(zone).date() < at.astimezone(zone).date()


def _seal(at: datetime, settings: Settings) -> None:
    head = db.session.execute(select(AuditHead.position, AuditHead.hash, AuditHead.algorithm)).one()
    if not head.position:
        return
    made = AuditSeal(at=at, position=head.position, hash=head.hash, algorithm=head.algorithm)
    made.copies = list(_copies(settings))
    db.session.add(made)


def _copies(settings: Settings) -> Iterator[AuditSealCopy]:
    """Yield every place to which a seal goes; the file in the data folder is the first."""
    for folder in (settings.data_dir, settings.seal_folder):
        if folder:
            yield AuditSealCopy(place=str(folder / seals.FILE), is_file=True)
    kinds = {channel.name: channel.kind for channel in db.session.scalars(_named(settings))}
    for name in settings.seal_channels:
        recipients = _auditors() if kinds.get(name) in channels.PERSONAL else [""]
        for recipient in recipients:
            yield AuditSealCopy(place=name, recipient=recipient, is_file=False)


def _named(settings: Settings) -> Select[Channel]:
    return select(Channel).where(Channel.name.in_(settings.seal_channels))


def _auditors() -> Sequence[str]:
    """Return the addresses of the people who audit the whole installation."""
    audits = (RoleGrant.role == Role.AUDIT_ADMIN) & RoleGrant.site_id.is_(None)
    people = select(User.email).join(RoleGrant).where(audits, User.is_enabled, User.email != "")
    return sorted(set(db.session.scalars(people)))


def _parcels(at: datetime, settings: Settings) -> Iterator[Parcel]:
    """Yield every copy that has not arrived, ready to go: nothing of it asks the database."""
    there = {channel.name: channel for channel in db.session.scalars(_named(settings))}
    waiting = (
        select(AuditSealCopy)
        .join(AuditSeal)
        .where(AuditSealCopy.arrived_at.is_(None), AuditSeal.at > at - TRIED_FOR)
        .order_by(AuditSealCopy.id)
    )
    for copy in db.session.scalars(waiting):
        if copy.is_file:
            yield Parcel(copy.id, as_seal(copy.seal), file=Path(copy.place))
            continue
        channel = there.get(copy.place)
        box = _letterbox(copy, channel, settings) if channel and channel.is_enabled else None
        yield Parcel(copy.id, as_seal(copy.seal), box=box)


def _letterbox(copy: AuditSealCopy, channel: Channel, settings: Settings) -> Letterbox:
    seal = as_seal(copy.seal)
    language = channel.language or settings.language
    where = {"hospital": settings.hospital or "itops", "url": settings.own_url}
    given = {**vars(seal), **where, "line": seal.as_line()}
    text = Text(
        translate("audit.seal.mail_title", language, **given),
        translate("audit.seal.mail_body", language, **given),
    )
    return Letterbox(
        kind=channel.kind,
        settings=channel.settings,
        sealed=channel.sealed,
        about=channels.about(channel),
        recipient=copy.recipient,
        id=f"seal-{copy.seal.position}-{copy.id}",
        text=text,
        data={"sent_at": seal.at, "text": text.title, "alerts": [], "audit_seal": vars(seal)},
        at=copy.seal.at,
        rules=channels.rules_of(settings),
    )


def _send(parcel: Parcel) -> Message | None:
    """Write or send a copy; return why it did not arrive."""
    try:
        if parcel.file:
            append(parcel.file, parcel.seal)
        elif parcel.box:
            channels.send(parcel.box)
        else:
            return Message("audit.seal.no_channel")
    except OSError as error:
        return Message("audit.seal.no_file", {"reason": error.strerror or str(error)})
    except ItopsError as error:
        return error.message
    return None


def append(file: Path, seal: Seal) -> None:
    """Add a line to a seal file, and have it on the disk."""
    line = f"{seal.as_line()}\n".encode()
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line)
        os.fsync(handle)
    finally:
        os.close(handle)


def _note(parcel: Parcel, error: Message | None, *, at: datetime) -> None:
    db.session.execute(
        update(AuditSealCopy)
        .where(AuditSealCopy.id == parcel.copy_id)
        .values(
            arrived_at=None if error else at,
            tries=AuditSealCopy.tries + 1,
            error=error.as_json() if error else None,
        )
    )
