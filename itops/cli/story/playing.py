"""Playing the story: the parts are started, the acts follow, and all of it is taken away again."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from itops.checks.base import State
from itops.cli.story import programs, world
from itops.cli.story.acts import Act, Stage, disk_fills, power_fails
from itops.cli.story.backup_acts import backup_is_cut
from itops.cli.story.cast import EVERYWHERE, Addresses, now
from itops.cli.story.installation import Installation, acting
from itops.cli.story.laboratory import Laboratory
from itops.cli.story.letterbox import Letterbox
from itops.cli.story.machines import SshServer, Ups
from itops.cli.story.telling import Teller
from itops.cli.story.ward_acts import dust_is_cleaned, nurse_reports
from itops.cli.story.watching import LOG_NAME
from itops.db import db
from itops.errors import Refused
from itops.models import Delivery, Outbox, Verification, VerificationLevel
from itops.services.months import report as months
from itops.services.months.period import Look, Month

ACTS: tuple[Act, ...] = (
    disk_fills,
    power_fails,
    backup_is_cut,
    nurse_reports,
    dust_is_cleaned,
)


@contextmanager
def throw_away(*, keep: bool = False) -> Iterator[Path]:
    """Give a folder for the whole story; it is removed at the end unless it is to be kept."""
    # The restore test's own account must be able to pass through it.
    folder = Path(tempfile.mkdtemp(prefix="itops-story-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def stage(folder: Path, told: Teller) -> Iterator[Stage]:
    """Start every part and the server, register the hospital, and approve the server's host key.

    Raise Refused, naming the packages, if a part is not installed here.
    """
    lacking = programs.missing()
    if lacking:
        raise Refused("story.missing", packages=" ".join(lacking))
    told.begin("parts")
    (folder / "log").mkdir()
    (folder / "log" / LOG_NAME).touch()
    laboratory = Laboratory(folder / "lis", folder / "backup")
    ups, ssh, letterbox = Ups(folder / "ups"), SshServer(folder / "ssh"), Letterbox()
    installation = Installation(folder / "data", laboratory.dumps, world.HOSPITAL[0])
    with ExitStack() as parts:
        for part in (laboratory, ups, letterbox, installation):
            parts.callback(part.stop)
            part.start()
        told.say("parts.database", port=laboratory.port)
        told.say("parts.ups", port=ups.port)
        told.say("parts.server", url=installation.url)
        ports = (ssh.port, ups.port, laboratory.port, letterbox.port)
        made = world.register_all(Addresses(*ports, folder / "log"))
        parts.callback(ssh.stop)
        ssh.start(made.public_key)
        told.say("parts.ssh", port=ssh.port)
        world.approve_host_key(ssh.fingerprint())
        told.say("parts.host_key", fingerprint=ssh.fingerprint())
        yield Stage(folder, installation, ssh, ups, laboratory, letterbox, told, made)


def play(on: Stage) -> None:
    """Play every act, and say at the end what came of it all."""
    for act in ACTS:
        act(on)
    finish(on)


def finish(on: Stage) -> None:
    """Say what the month's page shows, who was told how often, and what the restore test gave."""
    on.told.begin("end")
    with acting():
        at = now()
        month = Month.of(at.today)
        found = months.report(Look(month, at.at, at.zone, EVERYWHERE.condition))
        on.told.say(
            "end.month",
            alerts=found.alerts.opened,
            acknowledged=found.alerts.acknowledged,
            done=found.upkeep.on_time,
            due=found.upkeep.due,
            proven=found.proven.part,
            modules=found.proven.whole,
            url=on.url(f"/month/{month}"),
        )
        for recipient, count in sorted(letters(on).items()):
            on.told.say("end.letters", n=count, name=recipient)
        test = db.session.scalars(
            select(Verification)
            .where(
                Verification.job_id == on.backup_id,
                Verification.level == VerificationLevel.RESTORE_TEST,
                Verification.state == State.OK,
            )
            .order_by(Verification.id)
        ).first()
        if test is not None:
            rows = [f"{name} {count}" for name, count in test.facts["rows"].items()]
            on.told.say("end.record", rows=rows, seconds=test.facts["measured_rto_seconds"])


def letters(on: Stage) -> Counter[str]:
    """Return how many letters each person got; they arrived, and the log of messages agrees."""
    arrived = Counter(who for letter in on.letterbox.letters for who in letter.recipients)
    outboxes = db.session.scalars(
        select(Delivery).options(joinedload(Delivery.outbox).joinedload(Outbox.user))
    )
    logged = {one.recipient for one in outboxes}
    return arrived if set(arrived) <= logged else Counter()
