"""Calls that have opened other products to attackers stay out of this one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_house import PRODUCT, named

CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "os.system",
    "os.popen",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "yaml.load",
    "render_template_string",
    "flask.render_template_string",
    "paramiko.AutoAddPolicy",
    "paramiko.WarningPolicy",
    "AutoAddPolicy",
    "WarningPolicy",
    "ssl._create_unverified_context",
    "tempfile.mktemp",
}
METHODS = {"from_string", "set_missing_host_key_policy"}
MODULES = {"pickle", "cPickle", "marshal", "shelve", "dill", "jsonpickle", "telnetlib"}
#: Where a database is handed a statement.
STATEMENTS = {"text", "execute", "executemany", "executescript", "exec_driver_sql", "scalar"}
#: Statements that are put together from our own constants, never from what somebody sent.
OWN_STATEMENTS = {
    "itops/sqlite.py: connection.execute(built SQL)",
    "itops/sqlite.py: raw.execute(built SQL)",  # a number of milliseconds
}


def spelled(node: ast.expr) -> str:
    """Return `a.b.c` for a dotted name, else nothing."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{spelled(node.value)}.{node.attr}"
    return ""


def is_built(node: ast.expr) -> bool:
    """Say whether a string is put together where it is used, from more than constants."""
    if isinstance(node, ast.JoinedStr):
        filled = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
        return not all(isinstance(part, ast.Name) and part.id.isupper() for part in filled)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Add | ast.Mod) and holds_text(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr == "format" and holds_text(node.func.value)
    return False


def holds_text(node: ast.expr) -> bool:
    parts = ast.walk(node)
    return any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in parts)


def objections(source: str) -> Iterator[str]:
    """Yield what is banned in `source`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from objections_to_call(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names]
            found = MODULES & {(name or "").split(".")[0] for name in names}
            yield from (f"import {name}" for name in found)


def objections_to_call(call: ast.Call) -> Iterator[str]:
    name = spelled(call.func)
    last = name.rpartition(".")[2]
    if name in CALLS or last in METHODS:
        yield name
    for keyword in call.keywords:
        value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
        if keyword.arg == "shell" and value is not False:
            yield "shell="
        if keyword.arg == "verify" and value is False:
            yield "verify=False"
    if last in STATEMENTS and call.args and is_built(call.args[0]):
        yield f"{name}(built SQL)"


@pytest.mark.parametrize("path", PRODUCT, ids=named)
def test_no_banned_call(path: Path):
    found = {f"{named(path)}: {what}" for what in objections(path.read_text("utf-8"))}
    assert found - OWN_STATEMENTS == set()


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "eval(text)",
        "subprocess.run(line, shell=True)",
        "client.set_missing_host_key_policy(policy())",
        "environment.from_string(template)",
        "session.execute(f'SELECT {column} FROM host')",
        "cursor.execute('SELECT * FROM host WHERE name = %s' % name)",
        "session.execute(text('SELECT * FROM ' + table))",
        "text('ORDER BY {}'.format(column))",
    ],
)
def test_the_gate_finds(source):
    assert list(objections(source)) != []


@pytest.mark.parametrize(
    "source",
    [
        "subprocess.run([program, *arguments], shell=False)",
        "session.execute(text('SELECT 1'))",
        "session.execute(text(f'SELECT pg_advisory_xact_lock({UPGRADE_LOCK})'))",
        "session.execute(select(Host).where(Host.name == name))",
        "re.compile('a+')",
        "cursor.execute('SELECT * FROM host WHERE name = %s', (name,))",
    ],
)
def test_the_gate_lets_pass(source):
    assert list(objections(source)) == []
