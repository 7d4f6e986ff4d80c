"""The doctor: each thing that can be wrong is found, and is told with how to mend it."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from itops.checks.base import State
from itops.config import Settings
from itops.db import db
from itops.errors import Message
from itops.i18n import LANGUAGES, catalogue
from itops.models import Duty, Enrolment, Job, Role
from itops.services.background.duties import DUTIES
from itops.services.doctor import copies as doctor_copies
from itops.services.doctor import database as doctor_database
from itops.services.doctor import examining as doctor
from itops.services.doctor import safety as doctor_safety
from itops.services.doctor import work as doctor_work
from itops.services.doctor.examining import examine
from itops.services.doctor.findings import Finding
from tests import factories
from tests.conftest import NOON


def look(settings: Settings, **given: Any) -> dict[str, Finding]:
    found = examine(settings, at=NOON, thoroughly=True)
    return {finding.check: finding for finding in found}


@pytest.fixture
def settings(app, tmp_path):
    tmp_path.chmod(0o700)
    return Settings(data_dir=tmp_path)


def test_a_sound_database_is_called_sound(settings):
    found = look(settings)
    for check in ("database", "schema", "library", "journal", "integrity", "files", "clock"):
        assert found[check].state is State.OK, check
        assert found[check].mend is None


def test_the_worst_stands_first(settings):
    states = [finding.state for finding in examine(settings, at=NOON, thoroughly=False)]
    assert states[0] is State.CRITICAL  # nobody administrates an empty database
    assert states == sorted(states, key=[State.CRITICAL, State.WARNING, State.OK].index)


def test_every_sentence_of_the_doctor_exists_in_both_languages():
    sources = "".join(
        Path(str(module.__file__)).read_text("utf-8")
        for module in (doctor, doctor_copies, doctor_database, doctor_safety, doctor_work)
    )
    checks = set(re.findall(r'found\(\s*"([a-z_]+)"', sources))
    assert len(checks) > 12
    for language in LANGUAGES:
        said = catalogue(language).sentences
        assert [
            c for c in checks if f"doctor.{c}.ok" not in said and f"doctor.{c}.wrong" not in said
        ] == []
        wrong = {key for key in said if re.fullmatch(r"doctor\.[a-z_]+\.wrong", key)}
        assert [key for key in wrong if key.replace(".wrong", ".mend") not in said] == []


def test_work_that_is_late_or_fails_is_found(settings):
    assert look(settings)["work_never"].state is State.WARNING
    db.session.add(
        Duty(name="packing", due_at=NOON - timedelta(minutes=20), last_error="disk full")
    )
    found = look(settings)
    assert found["work"].means.params == {"name": Message("duty.packing"), "n": 20}
    assert found["work"].state is State.WARNING
    assert found["work_failed"].means.params["reason"] == "disk full"


def test_a_queue_that_stands_still_and_a_job_that_is_stuck_are_found(settings):
    db.session.add(Duty(name="packing", due_at=NOON))
    factories.check(due_at=NOON - timedelta(minutes=90))
    db.session.add(Job(kind="demo_load", created_at=NOON - timedelta(hours=1)))
    worst: dict[str, Finding] = {}
    for finding in examine(settings, at=NOON, thoroughly=False):
        worst.setdefault(finding.check, finding)
    assert worst["queue"].state is State.CRITICAL
    assert worst["queue"].means.params == {"name": Message("queue.checks"), "n": 90, "waiting": 1}
    assert worst["job_stuck"].means.params["name"] == Message("job.kind.demo_load")


def test_silent_and_waiting_machines_are_counted(settings):
    factories.host(state={"last_seen_at": NOON, "stale_at": NOON + timedelta(minutes=3)})
    factories.host(state={"last_seen_at": NOON, "stale_at": NOON - timedelta(minutes=3)})
    factories.host(enrolment=Enrolment.PENDING)
    found = look(settings)
    assert found["agents"].means.params == {"n": 1, "total": 2}
    assert found["agents_waiting"].means.params == {"n": 1}


def test_a_clock_that_was_put_back_is_found(settings):
    factories.host(state={"last_seen_at": NOON + timedelta(hours=1)})
    assert look(settings)["clock"].state is State.CRITICAL


@pytest.mark.parametrize(
    ("able", "check", "state"),
    [
        (0, "no_administrator", State.CRITICAL),
        (1, "administrators", State.WARNING),
        (2, "administrators", State.OK),
    ],
)
def test_one_administrator_is_too_few(settings, able, check, state):
    for _ in range(able):
        factories.user(role=Role.SYSTEM_ADMIN, password_hash="x")
    factories.user(role=Role.SYSTEM_ADMIN, password_hash="x", is_enabled=False)
    assert look(settings)[check].state is state


def test_an_administrator_whose_role_has_ended_does_not_count(settings):
    user = factories.user(role=Role.SYSTEM_ADMIN, password_hash="x")
    user.grants[0].ends_at = NOON
    assert look(settings)["no_administrator"].state is State.CRITICAL


def test_every_duty_has_a_name_for_people():
    for language in LANGUAGES:
        assert {f"duty.{name}" for name in DUTIES} <= set(catalogue(language).sentences)


def test_secrets_that_others_can_read_are_found(settings, tmp_path):
    (tmp_path / "session.key").write_bytes(b"x" * 32)
    (tmp_path / "session.key").chmod(0o644)
    assert look(settings)["files"].state is State.OK  # the folder is shut
    tmp_path.chmod(0o755)
    assert look(settings)["files"].state is State.CRITICAL


@pytest.mark.parametrize(
    ("given", "address", "encryption"),
    [
        ({}, State.WARNING, State.OK),
        ({"host": "::"}, State.WARNING, State.WARNING),
        ({"host": "10.0.0.5"}, State.WARNING, State.WARNING),
        ({"public_url": "http://itops.example"}, State.OK, State.WARNING),
        ({"public_url": "https://itops.example"}, State.OK, State.OK),
    ],
)
def test_addresses_and_encryption(app, tmp_path, given, address, encryption):
    found = look(Settings(data_dir=tmp_path, **given))
    assert (found["address"].state, found["encryption"].state) == (address, encryption)


def test_where_no_secret_is_stored_nothing_is_said_of_their_keys(settings):
    found = look(settings)
    assert found["secrets_none"].state is State.OK
    assert "secrets" not in found
    factories.credential()
    assert look(settings)["secrets"].means.params["n"] == 1
