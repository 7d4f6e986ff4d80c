"""The single file, the steps of an installation, and the scripts that the server hands out."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from itops_agent import config
from itops_agent.installing import linux, packing, plans, steps, windows

AGENTS = Path(__file__).resolve().parents[2] / "agents"
SCRIPTS = AGENTS / "itops_agent" / "installing"


@pytest.fixture(scope="module")
def single_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("pyz") / "itops_agent.pyz"
    path.write_bytes(packing.packed(str(AGENTS)))
    return path


def test_the_single_file_starts(single_file):
    done = subprocess.run(
        [sys.executable, str(single_file), "--version"], capture_output=True, check=True
    )
    assert done.stdout.decode().startswith("itops-agent ")


def test_the_single_file_reports(single_file):
    words = [sys.executable, str(single_file), "--config", "none.conf", "show", "health"]
    done = subprocess.run(words, capture_output=True, check=True)
    assert done.stdout.startswith(b'{"kind":"health"')


def test_the_same_source_gives_the_same_bytes(single_file, tmp_path):
    copy = tmp_path / "elsewhere"
    shutil.copytree(AGENTS / "itops_agent", copy / "itops_agent")
    for path in copy.rglob("*.py"):
        os.utime(path, (1, 1))
    assert packing.packed(str(copy)) == single_file.read_bytes()


def test_the_builder_prints_the_sum_of_what_it_wrote(tmp_path):
    out = tmp_path / "a.pyz"
    words = [sys.executable, str(AGENTS / "build_pyz.py"), str(out)]
    done = subprocess.run(words, capture_output=True, check=True, text=True)
    assert done.stdout.strip() == hashlib.sha256(out.read_bytes()).hexdigest()


def test_the_program_is_unpacked_where_python_can_start_it(tmp_path):
    steps.Unpack(str(tmp_path / "lib")).do()
    words = [sys.executable, "-s", str(tmp_path / "lib"), "--version"]
    assert subprocess.run(words, capture_output=True, check=True).stdout.startswith(b"itops-agent")
    assert list((tmp_path / "lib").rglob("*.pyc"))


@pytest.mark.parametrize("name", ["install", "uninstall"])
def test_a_dry_run_shows_every_step_and_does_none(capsys, tmp_path, name):
    path = str(tmp_path / "agent.conf")
    if name == "install":
        plans.install(path, dry_run=True)
    else:
        plans.uninstall(path, dry_run=True, purge=True)
    shown = capsys.readouterr().out
    assert "itops-agent.service" in shown
    assert list(tmp_path.iterdir()) == []


def test_the_unit_is_one_that_systemd_accepts_and_that_may_do_little(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze here")
    made = config.Config("/etc/itops-agent/agent.conf", config.DEFAULTS)
    unit = tmp_path / "itops-agent.service"
    unit.write_text(linux.unit(made).replace(linux.PROGRAM, "/usr/share/doc"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, check=False
    )
    complaints = [line for line in done.stderr.decode().splitlines() if unit.name in line]
    assert complaints == []
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(unit)],
        capture_output=True, check=False,
    )  # fmt: skip
    verdict = done.stdout.decode().strip().splitlines()[-1]
    assert float(verdict.split(":")[1].split()[0]) < 2.5, verdict


def test_the_windows_tasks_are_whole_xml():
    plan = windows.Windows.install(r"C:\ProgramData\itops-agent\agent.conf", is_enrolled=True)
    texts = [step.text for step in plan if isinstance(step, steps.Write)]
    assert len(texts) == 2
    for text in texts:
        root = ET.fromstring(text.partition("?>")[2])  # noqa: S314  (our own text)
        assert root.tag.endswith("Task")


HOSTILE = "x'; touch pwned; echo '$(touch pwned)`touch pwned`\"\\"


def filled(name, quote, **values):
    text = (SCRIPTS / name).read_text("utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key}@", quote(value))
    return text


def test_a_hostile_code_stays_one_word_in_the_shell_script(tmp_path):
    script = tmp_path / "install.sh"
    values = {"SERVER": "http://127.0.0.1:9", "CODE": HOSTILE, "SHA256": "0" * 64, "CA": HOSTILE}
    script.write_text(filled("install.sh", shlex.quote, **values), "utf-8")
    words = ["sh", str(script)]
    environment = {**os.environ, "ITOPS_PYTHON": sys.executable}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode in (1, 4), done.stderr  # 1 where the tests don't run as root
    assert not (tmp_path / "pwned").exists()


def test_the_scripts_have_the_values_that_the_server_fills_in():
    for name in ("install.sh", "install.ps1"):
        text = (SCRIPTS / name).read_text("utf-8")
        assert [text.count(f"@{key}@") for key in ("SERVER", "CODE", "SHA256", "CA")] == [1] * 4
        assert "/agent/itops_agent.pyz" in text


def test_the_shell_script_has_no_mistake_that_the_shell_can_find():
    text = filled("install.sh", shlex.quote, SERVER="s", CODE="c", SHA256="0", CA="")
    subprocess.run(["sh", "-n"], input=text.encode(), check=True)
