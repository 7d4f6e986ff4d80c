"""The pulse of the demo: each minute its machines report and answer again, as real ones would."""

import hashlib
import struct
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from itops.db import db
from itops.models import Enrolment, HealthSample, Host, HostState
from itops.services.demo.figures import figures
from itops.services.demo.hosts import BELIEVED
from itops.services.demo.machines import Machine, Story, machines
from itops.services.demo.year import backups, checks
from itops.services.history.layouts import layout_for
from itops.services.hosts.silence import note_return

QUIET = {Story.SILENT, Story.SWITCHED_OFF, Story.WAITING}


def beat(*, at: datetime) -> int:
    """Let every demo machine that is not silent report once; return how many did."""
    statement = select(Host.name, Host.id).where(Host.is_demo, Host.enrolment == Enrolment.APPROVED)
    known = {row[0]: row[1] for row in db.session.execute(statement)}
    if not known:
        return 0
    living = [machine for machine in machines() if machine.story not in QUIET]
    here = [(known[machine.name], machine) for machine in living if machine.name in known]
    checks.answer(at=at)
    backups.write_nights(at=at)
    connection = db.session.connection()
    rows = [_sample(connection, host_id, machine, at) for host_id, machine in here]
    connection.execute(insert(HealthSample), rows)
    note_return([host_id for host_id, _machine in here], at=at)
    db.session.execute(
        update(HostState)
        .where(HostState.host_id.in_([host_id for host_id, _machine in here]))
        .values(last_seen_at=at, taken_at=at, stale_at=at + BELIEVED),
        execution_options={"synchronize_session": False},
    )
    return len(rows)


def _sample(
    connection: Connection, host_id: int, machine: Machine, at: datetime
) -> dict[str, object]:
    moment = int(at.timestamp())
    measured = figures(machine, moment, now=moment)
    packed = struct.pack(f"<{len(measured)}d", *measured.values())
    return {
        "host_id": host_id,
        "at_ms": moment * 1000,
        "taken_ms": moment * 1000,
        "sequence": moment // 60,
        "digest": hashlib.sha256(packed).digest()[:8],
        "layout_id": layout_for(connection, tuple(measured)),
        "figures": packed,
    }
