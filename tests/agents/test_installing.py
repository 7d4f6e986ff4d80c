"""The single file, and the steps of an installation."""

from __future__ import annotations

import getpass
import hashlib
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest
from itops_agent import config
from itops_agent.installing import linux, packing, plans, steps, windows

AGENTS = Path(__file__).resolve().parents[2] / "agents"


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


def test_a_wheel_of_psutil_in_the_file_is_put_beside_the_program(tmp_path):
    fitting = f"psutil-7.0-cp36-abi3-manylinux2014_{os.uname().machine}.whl"
    for name in (fitting, "psutil-7.0-cp37-abi3-win_amd64.whl"):
        with zipfile.ZipFile(tmp_path / name, "w") as wheel:
            wheel.writestr("psutil/__init__.py", f"# {name}")
    lib = tmp_path / "lib"
    (lib / "wheels").mkdir(parents=True)
    for wheel in tmp_path.glob("*.whl"):
        shutil.copy(wheel, lib / "wheels")
    steps.unpack_psutil(str(lib))
    assert (lib / "psutil" / "__init__.py").read_text() == f"# {fitting}"
    assert not (lib / "wheels").exists()


def test_steps_do_what_they_say(tmp_path):
    owner = getpass.getuser()
    plan = [
        steps.Folder(str(tmp_path / "a"), owner=owner),
        steps.Write(str(tmp_path / "a" / "file"), "text\n", mode=0o640),
        steps.Own(str(tmp_path / "a" / "file"), owner),
        steps.Own(str(tmp_path / "missing"), owner),
        steps.Run(sys.executable, "-c", "pass"),
        steps.Run("no-such-program", may_fail=True),
    ]
    assert steps.carry_out(plan, dry_run=False) == 0
    assert (tmp_path / "a" / "file").read_text() == "text\n"
    gone = [steps.Remove(str(tmp_path / "a" / "file")), steps.Remove(str(tmp_path / "a"))]
    assert steps.carry_out([*gone, *gone], dry_run=False) == 0
    assert not (tmp_path / "a").exists()


def test_an_installation_stops_at_the_step_that_fails(tmp_path, capsys):
    plan = [
        steps.Run(sys.executable, "-c", "raise SystemExit(3)"),
        steps.Write(str(tmp_path / "x"), ""),
    ]
    assert steps.carry_out(plan, dry_run=False) == 1
    assert not (tmp_path / "x").exists()
    assert sys.executable in capsys.readouterr().err
