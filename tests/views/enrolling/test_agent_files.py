"""What the server hands out to machines: the agent as one file, and scripts that install it."""

import hashlib
import io
import subprocess
import sys
import zipfile

import pytest

from itops.services.enrolling import agent_files
from itops.services.enrolling.agent_source import agent_source

NASTY = "http://x'; rm -rf / #$(id)`id`\"\\"


def test_the_agent_is_one_file_that_python_starts(client, tmp_path):
    answer = client.get("/agent/itops-agent.pyz")
    assert answer.status_code == 200
    path = tmp_path / "itops-agent.pyz"
    path.write_bytes(answer.data)
    command = [sys.executable, str(path), "--version"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.startswith("itops-agent ")


def test_its_digest_is_told_and_is_the_same_each_time(client):
    content = client.get("/agent/itops-agent.pyz").data
    digest = hashlib.sha256(content).hexdigest()
    assert client.get("/agent/itops-agent.pyz.sha256").text == f"{digest}  itops-agent.pyz\n"
    assert digest in client.get("/agent/install.sh").text
    assert digest in client.get("/agent/install.ps1").text
    assert agent_files.packed(agent_source()) == content


def test_the_file_holds_the_agent_alone(client):
    names = zipfile.ZipFile(io.BytesIO(client.get("/agent/itops-agent.pyz").data)).namelist()
    assert "__main__.py" in names
    assert all(name.startswith(("itops_agent/", "wheels/", "__main__.py")) for name in names)
    assert not [name for name in names if "__pycache__" in name]


@pytest.mark.parametrize("name", ["install.sh", "install.ps1"])
def test_scripts_are_plain_text_and_name_our_own_address(client, shared_app, name):
    answer = client.get(f"/agent/{name}", headers={"Host": "10.9.8.7"})
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert shared_app.config["ITOPS"].own_url in answer.text
    assert "10.9.8.7" not in answer.text
    assert "@SERVER@" not in answer.text


def test_other_names_are_not_there(client):
    for name in ("install.sh.in", "../base.html", "install.bat"):
        assert client.get(f"/agent/{name}").status_code == 404


def test_an_address_in_a_shell_script_stays_an_address(tmp_path):
    script = agent_files.filled(
        'server=@SERVER@\nprintf %s "$server"', server=NASTY, system="linux"
    )
    path = tmp_path / "script.sh"
    path.write_text(script)
    command = ["/bin/sh", str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    assert ran.stdout == NASTY


def test_an_address_in_a_powershell_script_stays_an_address():
    script = agent_files.filled("$server = @SERVER@", server=NASTY, system="windows")
    assert script == "$server = 'http://x''; rm -rf / #$(id)`id`\"\\'"


def test_the_shell_script_is_one_that_sh_reads(client, tmp_path):
    path = tmp_path / "install.sh"
    path.write_text(client.get("/agent/install.sh").text)
    subprocess.run(["/bin/sh", "-n", str(path)], timeout=10, check=True)
