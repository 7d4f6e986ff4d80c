"""Other programs are run in plain C, with a time limit, and what fails is unknown."""

from __future__ import annotations

import sys
import threading
import time

import pytest
from itops_agent import bounds, dead_letters, programs
from itops_agent.errors import Unseen
from itops_agent.records import Record
from itops_agent.stopping import Stop


def test_programs_speak_plain_c_in_utc():
    words = (sys.executable, "-c", "import os; print(os.environ['LC_ALL'], os.environ['TZ'])")
    assert programs.output(words) == "C UTC\n"


@pytest.mark.parametrize(
    ("words", "seconds", "why"),
    [
        (("no-such-program-here",), 30, "not_supported"),
        ((sys.executable, "-c", "import time; time.sleep(60)"), 0.5, "timeout"),
        ((sys.executable, "-c", "raise SystemExit(1)"), 30, "error"),
    ],
)
def test_what_can_not_be_run_is_unknown_and_why(words, seconds, why):
    with pytest.raises(Unseen) as caught:
        programs.output(words, seconds=seconds)
    assert caught.value.why == why


def test_powershell_is_not_supported_here():
    with pytest.raises(Unseen):
        programs.powershell("1")


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("a\0b", b'"ab"'),
        ("\ud800", b'"?"'),
        ("𠮷", '"𠮷"'.encode()),
        ("x" * 5000, b'"' + b"x" * 4096 + b'"'),
        (float("nan"), b"null"),
        (float("inf"), b"null"),
        (2**70, str(2**63 - 1).encode()),
        (True, b"true"),
        ((1, None), b"[1,null]"),
    ],
)
def test_whatever_a_probe_returns_can_be_sent(value, sent):
    assert bounds.dump(value) == sent


def test_what_is_no_plain_value_is_a_fault_of_ours():
    with pytest.raises(TypeError):
        bounds.dump(object())


def test_dead_letters_stay_within_their_number(tmp_path):
    for seq in range(dead_letters.LETTERS + 5):
        record = Record(seq, "health", b'{"seq":%d,"kind":"health"}' % seq)
        dead_letters.keep(str(tmp_path), "ab" * 16, record, {"key": "x"})
    assert dead_letters.count(str(tmp_path)) == dead_letters.LETTERS
    assert dead_letters.count(str(tmp_path / "none")) == 0


@pytest.mark.slow
def test_a_wait_ends_when_a_file_asks_for_it(tmp_path):
    request = tmp_path / "stop"
    stop = Stop(str(request), looks_at_file=True)
    threading.Timer(0.1, lambda: request.write_text("shutdown")).start()
    began = time.monotonic()
    stop.wait(30)
    assert stop.is_set
    assert stop.is_shutdown
    assert time.monotonic() - began < 10
    assert not request.exists()
    stop.close()


def test_a_wait_without_a_word_lasts_its_time():
    stop = Stop()
    began = time.monotonic()
    stop.wait(0.2)
    assert 0.15 < time.monotonic() - began < 5
    assert not stop.is_set
    stop.close()
