"""Whatever is sent to a machine entrance: never a 5xx, and a refusal changes nothing."""

from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import Base, db, reading
from itops.models import Host
from itops.services.auditing import Actor
from itops.services.enrolling import enrolment
from itops.services.hosts import admitting
from tests.api.hostile import NASTY_BODIES, bodies
from tests.api.reporting import farewell, health, inventory

pytestmark = [pytest.mark.both_databases, pytest.mark.slow]
NOT_COMPARED = {"audit_entry", "audit_head", "sign_in_failure"}


def everything():
    """Return all that is stored, but for the log, as the driver gives it: it is asked often."""
    db.session.commit()
    with reading(), db.engine.connect() as connection:
        cursor = connection.connection.cursor()
        return {
            table.name: cursor.execute(f'SELECT * FROM "{table.name}"').fetchall()  # noqa: S608
            for table in Base.metadata.sorted_tables
            if table.name not in NOT_COMPARED
        }


def test_no_body_breaks_the_intake_and_refusals_leave_no_trace(agent, full):
    random, before = Random(2), everything()  # noqa: S311 - the same bodies each time
    for number, (body, encoding) in enumerate(_report_bodies(agent, full(10_000), random)):
        answer = agent.post(body, **({"Content-Encoding": encoding} if encoding else {}))
        assert answer.status_code < 500, (number, body[:300], answer.data)
        if answer.status_code == 200:
            before = everything()
        elif answer.status_code == 403:
            _release(agent)
            before = everything()
        else:
            assert answer.content_type == "application/problem+json"
            assert everything() == before, (number, body[:300])


def test_no_body_breaks_enrolment_and_refusals_leave_no_trace(client, full):
    by = Actor(None, "张工")
    end = utcnow() + timedelta(days=1)
    _, code = enrolment.make_code(site=None, uses=9999, ends_at=end, by=by, at=utcnow())
    db.session.commit()
    good = {
        "schema": 1,
        "code": code,
        "agent": "0.1.0",
        "identity": inventory()["identity"],
        "machine": "a" * 64,
    }
    before, random = everything(), Random(3)  # noqa: S311 - the same bodies each time
    for number, (body, encoding) in enumerate(bodies(good, full(10_000), random)):
        headers = {"Content-Encoding": encoding} if encoding else {}
        answer = client.post(
            "/api/v1/agents/enroll",
            data=body,
            headers=headers,
            environ_base={"REMOTE_ADDR": f"10.0.{number // 250}.{number % 250}"},
        )
        assert answer.status_code < 500, (number, body[:300], answer.data)
        if answer.status_code == 201:
            before = everything()
        else:
            assert everything() == before, (number, body[:300])


def _report_bodies(agent, count, random):
    for number in range(count):
        seq = 10 * number + 1
        reports = [health(seq), farewell(seq + 1), health(seq + 2)]
        good = agent.envelope(*(reports if number % 3 else [inventory(seq)]))
        made = list(bodies(good, len(NASTY_BODIES) + 1, random))
        yield made[min(number, len(NASTY_BODIES))]


def _release(agent):
    db.session.expire_all()
    for host in db.session.scalars(select(Host).where(Host.quarantined_at.is_not(None))):
        admitting.release(host, by=Actor(None, ""), at=utcnow())
    db.session.commit()
