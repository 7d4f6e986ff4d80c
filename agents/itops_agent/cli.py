"""The command `itops-agent`. Nothing here decides anything; it asks, calls, and says.

Exit codes: 0 done · 1 the server said no · 2 wrong words on the command line · 3 not enrolled, or a
wrong setting · 4 no answer from the server (reports wait in the spool) · 5 the spool is in use or
its disk refuses · 70 a fault of ours.
"""

from __future__ import annotations

import json
import os
import sys

from itops_agent import __version__, config, texts
from itops_agent.errors import AgentError, ConfigWrong, Declined, NoAnswer

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from typing import Any

    from itops_agent.status import Status

DONE = 0


def main(words: Sequence[str]) -> int:
    """Do what the words ask for. Return the exit code."""
    quick = quick_run(words)
    try:
        if quick is not None:
            return run(quick)
        asked = parser().parse_args(words)
        return int(asked.command(asked))
    except AgentError as error:
        sys.stderr.write(texts.say(error.key, **error.params) + "\n")
        return error.exit_code
    except ModuleNotFoundError as error:
        if error.name != "psutil":
            raise
        sys.stderr.write(texts.say("install.no_python") + "\n")
        return ConfigWrong.exit_code


def quick_run(words: Sequence[str]) -> str | None:
    """Return the settings' path for the two forms in which services start `run`.

    The process stays for months; without argparse it is 0.4 MiB smaller.
    """
    if list(words) == ["run"]:
        return config.default_path()
    if len(words) == 3 and words[0] == "--config" and words[2] == "run":
        return words[1]
    return None


def parser() -> argparse.ArgumentParser:
    import argparse  # noqa: PLC0415  (see quick_run)

    top = argparse.ArgumentParser(
        prog="itops-agent", description="Sends this machine's health to an itops server."
    )
    top.add_argument("--version", action="version", version=f"itops-agent {__version__}")
    top.add_argument("--config", default=config.default_path(), help="the settings' file")
    commands = top.add_subparsers(dest="name", metavar="command", required=True)
    for name, (command, words, options) in COMMANDS.items():
        one = commands.add_parser(name, help=words)
        one.set_defaults(command=command)
        for option in options:
            one.add_argument(option, **OPTIONS[option])
    return top


def enroll(asked: argparse.Namespace) -> int:
    from itops_agent import enrolling  # noqa: PLC0415  (needs psutil)

    settings = {
        "server": asked.server,
        "ca_file": os.path.abspath(asked.ca_file) if asked.ca_file else "",
        "proxy": asked.proxy,
        "data_dir": os.path.abspath(asked.data_dir) if asked.data_dir else "",
        "interval_seconds": asked.interval,
    }
    state = enrolling.enroll(asked.config, settings, code=code(asked), again=asked.again)
    key = "enrol.approved" if state == "approved" else "enrol.pending"
    say(asked.json, {"enrolment": state, "config": asked.config}, texts.say(key))
    return DONE


def code(asked: argparse.Namespace) -> str:
    """Return the enrolment code; by file or variable it shows in no list of processes."""
    if asked.code_file == "-":
        return sys.stdin.readline().strip()
    if asked.code_file:
        try:
            with open(asked.code_file, encoding="utf-8") as file:
                return file.readline().strip()
        except OSError as error:
            why = config.reason(error)
            raise ConfigWrong("config.unreadable", path=asked.code_file, why=why) from None
    found = asked.code or config.environment().get("ITOPS_AGENT_CODE", "")
    if not found:
        raise ConfigWrong("enrol.code_missing")
    return str(found)


def run(path: str) -> int:
    from itops_agent import running  # noqa: PLC0415  (needs psutil)

    return running.run(config.load(path))


def run_as_asked(asked: argparse.Namespace) -> int:
    return run(asked.config)


def once(asked: argparse.Namespace) -> int:
    from itops_agent import running  # noqa: PLC0415  (needs psutil)

    agent = running.once(config.load(asked.config), with_inventory=not asked.no_inventory)
    outcome, waiting = agent.sender.last, agent.spool.waiting
    sentence = texts.say(outcome.key, **outcome.params)
    say(asked.json, {"outcome": outcome.key, "waiting": waiting, "detail": sentence}, sentence)
    return exit_code(outcome.key)


def exit_code(outcome: str) -> int:
    if outcome == "send.done":
        return DONE
    if outcome in ("send.key_refused", "send.quarantined"):
        return Declined.exit_code
    return NoAnswer.exit_code


def show_status(asked: argparse.Namespace) -> int:
    from itops_agent import dead_letters, status  # noqa: PLC0415  (not wanted by `run` so early)

    made = config.load(asked.config)
    credential = config.load_credential(made)
    seen: Status = {
        "config": made.path,
        "server": made.server,
        "host": credential.host,
        "refused": dead_letters.count(os.path.join(made.spool_dir, "refused")),
        **(status.read(made.status_file) or {}),
    }
    sentence = texts.say(seen["outcome"], **seen["params"]) if "outcome" in seen else ""
    say(asked.json, {**seen, "detail": sentence}, "\n".join(status.lines(seen, sentence)))
    return exit_code(seen["outcome"]) if "outcome" in seen else NoAnswer.exit_code


def show(asked: argparse.Namespace) -> int:
    from itops_agent import showing  # noqa: PLC0415  (needs psutil)

    text = showing.text(asked.what, asked.config)
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()
    return DONE


def install(asked: argparse.Namespace) -> int:
    from itops_agent.installing import plans  # noqa: PLC0415  (wanted once)

    return plans.install(asked.config, dry_run=asked.dry_run)


def uninstall(asked: argparse.Namespace) -> int:
    from itops_agent.installing import plans  # noqa: PLC0415  (wanted once)

    return plans.uninstall(asked.config, dry_run=asked.dry_run, purge=asked.purge)


def stop(asked: argparse.Namespace) -> int:
    made = config.load(asked.config)
    config.write_private(os.path.join(made.data_dir, "stop"), asked.reason.encode(), mode=0o600)
    sys.stdout.write(texts.say("stop.asked") + "\n")
    return DONE


def note_hardware(_asked: argparse.Namespace) -> int:
    from itops_agent.inventory import identifiers  # noqa: PLC0415  (needs psutil)

    identifiers.note_hardware()
    return DONE


def say(as_json: bool, told: Status, sentence: str) -> None:  # noqa: FBT001
    text = json.dumps(told, ensure_ascii=False) if as_json else sentence
    sys.stdout.write(text + "\n")


SWITCH: dict[str, Any] = {"action": "store_true"}
OPTIONS: dict[str, dict[str, Any]] = {
    "--server": {"default": "", "help": "https://…; kept in the settings"},
    "--code": {"default": "", "help": "the enrolment code (or ITOPS_AGENT_CODE)"},
    "--code-file": {"default": "", "help": "a file with the code; - for standard input"},
    "--ca-file": {"default": "", "help": "the hospital's own CA certificate, PEM"},
    "--proxy": {"default": "", "help": "auto, none, or http://[user:password@]host:port"},
    "--data-dir": {"default": "", "help": "where the spool stands"},
    "--interval": {"default": "", "help": "seconds between reports (60)"},
    "--again": {**SWITCH, "help": "also if there is a key already"},
    "--json": {**SWITCH, "help": "for programs to read"},
    "--no-inventory": {**SWITCH, "help": "health only"},
    "--dry-run": {**SWITCH, "help": "print the steps, do nothing"},
    "--purge": {**SWITCH, "help": "settings, key and spool too"},
    "--reason": {"choices": ("shutdown", "service_stop"), "default": "service_stop"},
    "what": {"choices": ("health", "inventory", "identity")},
}
TO_ENROLL = (
    "--server", "--code", "--code-file", "--ca-file", "--proxy", "--data-dir", "--interval",
    "--again", "--json",
)  # fmt: skip
COMMANDS: dict[str, tuple[Callable[[argparse.Namespace], int], str, tuple[str, ...]]] = {
    "enroll": (enroll, "make this machine known to a server", TO_ENROLL),
    "run": (run_as_asked, "collect and send until stopped", ()),
    "once": (once, "collect and send one time", ("--no-inventory", "--json")),
    "status": (show_status, "how the last attempts went", ("--json",)),
    "show": (show, "print what would be sent; sends nothing", ("what",)),
    "install": (install, "start with the system", ("--dry-run",)),
    "uninstall": (uninstall, "undo install", ("--dry-run", "--purge")),
    "stop": (stop, "ask a running agent to end (Windows)", ("--reason",)),
    "hardware": (note_hardware, "note what only root may read (at service start)", ()),
}
