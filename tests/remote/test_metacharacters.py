"""Whatever stands in a parameter, nothing of it is run: directly and through the script."""

import itertools
import shutil
from pathlib import Path

import pytest

from itops.checks.catalogue import CHECKS
from itops.checks.kinds.plugin import Params as PluginParams
from itops.checks.parameters import Shape, asked_by, read
from itops.checks.questions import Command, Transport
from itops.errors import Invalid
from itops.remote.ssh import Transports
from tests.components.sshd import Sshd
from tests.remote.conftest import SHORT
from tools.far_side import SCRIPT

#: Each is a way in which some shell or program has run what it should have shown.
WAYS = [
    "; {}",
    "| {}",
    "& {} &",
    "&& {}",
    "|| {}",
    "$({})",
    "`{}`",
    "\n{}\n",
    "\r\n{}",
    "'; {}; '",
    '"; {}; "',
    "'$({})'",
    '"$({})"',
    "\\'; {}; #",
    "\\$({})",
    "${{IFS}}; {}",
    "<({})",
    ">({})",
    "> {file}",
    ">> {file}",
    "2> {file}",
    "*; {}",
    "-exec {} ;",
    "-o ProxyCommand={}",
    "--version; {}",
    "%0a{}",
    "=073{}",
    "\\073 {}",
    "\x00; {}",
    "\x1b[0m; {}",
    "！; {}",
    "；{}",
    "\u2028{}",
    "{{{}}}",
    "!{}",
    "~; {}",
    "a' ; {} ; echo 'b",
    'a" ; {} ; echo "b',
    "$'\\n'{}",
    "() {{ :; }}; {}",
]
ACTS = ["touch {file}", "touch${{IFS}}{file}", "/usr/bin/touch {file}", "sh -c 'touch {file}'"]
PREFIXES = ["", "x", "/", "/srv/", "/srv/a b"]


def strings(canary: Path) -> list[str]:
    """Return 500 and more strings, each of which would make the file if it were run."""
    made = []
    for way, act, prefix in itertools.product(WAYS, ACTS, PREFIXES):
        act_text = act.format(file=canary)
        made.append(prefix + way.format(act_text, file=canary))
    return made


def commands(texts: list[str]) -> list[Command]:
    """Return what every check over SSH asks with each text in each of its text parameters."""
    found = []
    for kind in CHECKS.values():
        if kind.transport is not Transport.SSH:
            continue
        asked = asked_by(kind.params)
        needed = {"path": "/srv", "unit": "ssh", "process": "sh", "plugin": "check_nothing"}
        usual = {one.name: needed[one.name] for one in asked if one.is_required}
        for one, text in itertools.product(asked, texts):
            if one.grammar.shape not in (Shape.TEXT, Shape.WORDS):
                continue
            value = [text] if one.grammar.shape is Shape.WORDS else text
            try:
                question = kind.ask(read(kind.params, {**usual, one.name: value}))
            except Invalid:
                continue
            assert isinstance(question, Command)
            found.append(question)
    return found


def test_each_string_would_do_harm_or_is_none(tmp_path):
    assert len(set(strings(tmp_path / "canary"))) >= 500


@pytest.fixture
def forced(own_sshd: Sshd) -> Sshd:
    """A server whose account runs nothing but our script."""
    script = own_sshd.folder / "itops-check"
    shutil.copy(SCRIPT, script)
    script.chmod(0o755)
    keys = own_sshd.folder / "authorized_keys"
    keys.write_text(f'command="{script}",restrict {keys.read_text()}')
    return own_sshd.start()


def test_no_parameter_is_ever_run_directly(sshd, transports, tmp_path, full):
    run_all(sshd.target(), transports, tmp_path, full)


@pytest.mark.slow
def test_no_parameter_is_ever_run_by_the_script(forced, transports, tmp_path, full):
    run_all(forced.target(is_forced=True), transports, tmp_path, full)


def run_all(target, transports, tmp_path, full):
    canary = tmp_path / "canary"
    questions = commands(strings(canary))
    assert len(questions) > 500
    step = len(questions) // full(len(questions)) or 1
    for question in questions[::step]:
        output = transports.run(target, question)
        assert not canary.exists(), question
        assert output.exit_code in (0, 1, 3, 4, 64, 127), (question, output)


def test_the_script_gives_what_the_plain_commands_give(sshd, forced, transports):
    folder = forced.folder / "a b'c 备份"
    folder.mkdir()
    (folder / "x-1.dump").write_text("12345")
    asked = {
        "load": {},
        "disk": {},
        "process": {"process": "sshd"},
        "file": {"path": str(folder), "pattern": "x-?.dump"},
    }
    for name, given in asked.items():
        kind = CHECKS[name]
        params = read(kind.params, given)
        plain = kind.parse(transports.run(sshd.target(), kind.ask(params)))
        scripted = kind.parse(transports.run(forced.target(is_forced=True), kind.ask(params)))
        if name == "file":
            assert plain.files[0][1:] == scripted.files[0][1:] == (5, f"{folder}/x-1.dump")
        assert type(plain) is type(scripted)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "id",
        "itops-check",
        "itops-check nothing",
        "itops-check load; id",
        "itops-check load && id",
        "itops-check load extra",
        "itops-check service",
        "itops-check service =000",
        "itops-check service a=9",
        "itops-check service $(id)",
        "itops-check file /tmp",
        "itops-check plugin check_disk",
        "itops-check " + "x" * 20_000,
        "sh -c id",
        "/usr/lib/openssh/sftp-server",
    ],
)
def test_the_script_refuses_all_else(forced, line):
    pool = Transports(limits=SHORT)
    output = pool.run(forced.target(), Command("other", line))
    pool.close()
    assert (output.stdout, output.exit_code) == ("", 64)
    assert output.stderr.startswith("itops-check: ")


def test_plugins_are_found_only_where_plugins_live():
    """A name holds no slash, so no folder but those of plugins is ever looked in."""
    for name in ("../sh", "/bin/sh", "..", ".", "a/b", "sh;id"):
        with pytest.raises(Invalid):
            read(PluginParams, {"plugin": name})
