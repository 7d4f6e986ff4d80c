"""Commands name the address of the server that was started, and themselves as one types them."""

import re
import shutil

import pytest
from click.testing import CliRunner

from itops.cli import listening, main
from itops.cli.serving import of_worker
from itops.config import Settings
from itops.i18n import LANGUAGES, catalogue, translate
from itops.own_command import ROOT, command_in


@pytest.fixture
def folder(migrated, tmp_path):
    shutil.copy(migrated / "itops.db", tmp_path)
    return tmp_path


def printed(folder, *words: str, **environment: str) -> str:
    given = {"ITOPS_DATA_DIR": str(folder), "LANG": "en_US.UTF-8", "LANGUAGE": "en"}
    return CliRunner(env=given | environment).invoke(main, list(words)).output


def test_a_link_and_the_doctor_name_the_port_of_the_server_that_started_last(folder):
    assert ":8080" in printed(folder, "doctor")
    listening.keep(Settings(data_dir=folder, port=9731))
    link = printed(folder, "user", "add", "li", "李明", "--role", "engineer")
    assert "http://127.0.0.1:9731/welcome/" in link
    assert ":8080" not in printed(folder, "doctor")
    assert "http://127.0.0.1:9731" in printed(folder, "doctor")


def test_what_is_said_here_goes_before_what_the_server_wrote(folder):
    listening.keep(Settings(data_dir=folder, port=9731, tls=True))
    assert "https://127.0.0.1:9000" in printed(folder, "doctor", ITOPS_PORT="9000")
    said = printed(folder, "doctor", ITOPS_PUBLIC_URL="https://itops.hospital.example")
    assert "9731" not in said


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '"x"', '{"port": 1}', '{"host": "x", "port": 0, "tls": false}'],
)
def test_a_file_that_says_nothing_is_no_address(folder, content):
    (folder / listening.NAME).write_text(content, "utf-8")
    assert "Traceback" not in printed(folder, "doctor")
    assert listening.as_served(Settings(data_dir=folder)).port == 8080


def test_a_workers_mails_lead_to_the_server_that_was_started(tmp_path, monkeypatch):
    monkeypatch.setenv("ITOPS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ITOPS_DATABASE_URL", "postgresql://db.hospital.example/itops")
    listening.keep(Settings(data_dir=tmp_path, port=9731))
    assert of_worker().own_url == "http://127.0.0.1:9731"
    monkeypatch.setenv("ITOPS_PUBLIC_URL", "https://itops.hospital.example")
    assert of_worker().own_url == "https://itops.hospital.example"


@pytest.mark.slow
def test_a_started_server_leaves_its_address(server):
    server.start()
    variables = {"ITOPS_PORT": str(server.port + 1)}
    port = server.port
    server.settings = variables
    assert f":{port}" not in server.itops("doctor")[1]
    server.settings = {"ITOPS_PORT": ""}
    assert f"http://127.0.0.1:{port}" in server.itops("doctor")[1]


def test_in_a_checkout_a_person_is_told_what_to_type_there(tmp_path):
    assert command_in(ROOT, on_path=False).endswith(" bootstrap.py itops")
    assert command_in(ROOT, on_path=True) == "itops"
    assert command_in(tmp_path, on_path=False) == "itops"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_that_names_a_command_says_it_as_it_is_typed_here(language):
    texts = catalogue(language).sentences.values()
    told = [one for text in texts for one in ([text] if isinstance(text, str) else text)]
    assert not [one for one in told if "{itops}" in one]
    bare = re.compile(r"(?<!\w)(?<!\.py )itops (run|worker|db|user|backup|audit|doctor|demo)\b")
    typed = translate("cli.no_database", language)
    if "bootstrap.py" in typed:
        assert [one for one in told if bare.search(one)] == []
