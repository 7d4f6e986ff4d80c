"""How old and how big files are."""

import pytest

from itops.checks.base import Limits, State
from itops.errors import Message
from itops.i18n import say
from tests.checks.reading import NONSENSE, SAMPLES, found, output, sample

NOW = 1795405360
MISSING = "stat: cannot statx '/srv/x': No such file or directory\n"


def listing(*files: tuple[float, int]) -> str:
    lines = [f"{int(NOW - age)} {size} /srv/{size}.dump\n" for age, size in files]
    return f"{NOW}\n" + "".join(lines)


@pytest.mark.parametrize("name", ["debian-12-file", "busybox-1.35-file"])
def test_a_file_tells_its_age_and_size(name):
    finding = found("file", sample(f"file/{name}.txt"), path="/srv/备份 一/his-2026-11-22.dump")
    assert finding.state is State.OK
    assert finding.metrics["file.size_bytes"] == 3000
    assert finding.metrics["file.age_seconds"] == pytest.approx(24.7 * 3600, abs=60)


@pytest.mark.parametrize("name", ["debian-12-folder", "busybox-1.35-folder"])
def test_of_a_folder_the_newest_file_is_judged(name):
    finding = found("file", sample(f"file/{name}.txt"), path="/srv/备份 一", pattern="*.dump")
    assert finding.message.params["path"] == "/srv/备份 一/his-2026-11-22.dump"
    assert finding.metrics["file.count"] == 2


@pytest.mark.parametrize(
    ("hours", "state"),
    [(25, State.OK), (26, State.WARNING), (49, State.WARNING), (50, State.CRITICAL)],
)
def test_age_has_limits(hours, state):
    assert found("file", output(listing((hours * 3600, 5))), path="/srv/x").state is state


def test_a_file_may_be_too_small_and_too_big():
    limits = {"smallest": Limits(100, 10), "largest": Limits(1000, None)}
    states = [
        found("file", output(listing((60, size))), limits, path="/srv/x").state
        for size in (5, 50, 100, 999, 1000)
    ]
    assert states == [State.CRITICAL, State.WARNING, State.OK, State.OK, State.WARNING]


def test_a_file_that_is_not_there_is_critical():
    answer = output(f"{NOW}\n", stderr=MISSING, exit_code=1)
    finding = found("file", answer, path="/srv/x")
    assert (finding.state, finding.message.key) == (State.CRITICAL, "check.file.missing")


def test_a_folder_without_such_a_file_is_critical():
    finding = found("file", output(f"{NOW}\ndirectory\n"), path="/srv", pattern="*.dump")
    assert (finding.state, finding.message.key) == (State.CRITICAL, "check.file.none")


@pytest.mark.parametrize("text", [f"{NOW}\n", f"{NOW}\ndirectory\n"])
def test_what_the_account_may_not_see_is_unknown(text):
    said = "find: '/srv/backup': Permission denied\n"
    finding = found("file", output(text, stderr=said, exit_code=1), path="/srv", pattern="*")
    assert (finding.state, finding.message.key) == (State.UNKNOWN, "check.file.not_seen")


def test_a_file_from_the_future_is_unknown():
    finding = found("file", output(listing((-7200, 5))), path="/srv/x")
    assert (finding.state, finding.message.key) == (State.UNKNOWN, "check.file.future")


def test_a_name_in_gbk_is_no_obstacle():
    text = (SAMPLES / "file/debian-12-gbk-name.bin").read_bytes().decode("gb18030")
    finding = found("file", output(text, encoding="gb18030"), path="/srv/gbk", pattern="*.dump")
    assert finding.message.params["path"] == "/srv/gbk/备份.dump"


@pytest.mark.parametrize("text", [*NONSENSE, f"{NOW}\nnonsense\n", f"{NOW}\n1 2\n"])
def test_what_cannot_be_read_is_unknown(text):
    assert found("file", output(text), path="/srv/x").state in (State.UNKNOWN,)


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_a_size_is_told_as_people_read_it(language):
    said = {"path": "/{b}.dump", "hours": 65.4, "bytes": 13_958_643_712}
    assert "13 GB" in say(Message("check.file.said", said), language)
    assert "/{b}.dump" in say(Message("check.file.size", said), language)
