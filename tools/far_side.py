"""Writes the script that a read-only account runs on a checked machine, from the commands."""

import re
from pathlib import Path

from itops.checks.catalogue import CHECKS
from itops.checks.parameters import asked_by
from itops.checks.questions import Command, Transport

SCRIPT = Path(__file__).parent.parent / "itops/checks/itops-check.sh"
HEAD = r"""#!/bin/sh
# itops-check: all that an itops server may ask of this machine over SSH.
#
# Written by `make docs` from itops/checks/kinds/; how to install it stands in
# docs/remote-checks.md. It belongs into authorized_keys, in front of the server's public key:
#
#     command="/usr/local/bin/itops-check",restrict ssh-ed25519 AAAA...
#
# It only reads. What is asked picks one of the commands at the end by its name; arguments stay
# arguments ("$1", "$2") and are never run, and plugins run only if the file below names them.
set -f
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
unset IFS ENV BASH_ENV CDPATH

# One plugin's file name a line. Without this file no plugin runs.
plugins=/etc/itops-check.plugins

refuse() {
    printf 'itops-check: %s\n' "$1" >&2
    exit 64
}

# takes EXACTLY|LEAST NUMBER COUNT: are there as many arguments as the command takes?
takes() {
    case $1 in
        exactly) [ "$3" -eq "$2" ] ;;
        least) [ "$3" -ge "$2" ] ;;
    esac || refuse "$name: wrong number of arguments"
}

# An argument comes as one word: `=` and three octal digits are a byte, `=` alone is nothing.
decoded() {
    case $1 in
        =) ;;
        *=*)
            rest=$(printf '%s' "$1" | sed 's/=[0-3][0-7][0-7]//g')
            case $rest in *=*) return 1 ;; esac
            case $1 in *=000*) return 1 ;; esac
            printf '%b' "$(printf '%s' "$1" | sed 's/=\([0-3][0-7][0-7]\)/\\0\1/g')"
            ;;
        *) printf '%s' "$1" ;;
    esac
}

asked=${SSH_ORIGINAL_COMMAND-itops-check $*}
case $asked in
    *[!A-Za-z0-9_./:@,+%=\ -]*) refuse 'unreadable' ;;
esac
[ "${#asked}" -le 16384 ] || refuse 'too long'

# shellcheck disable=SC2086 # split into words; `set -f` keeps them as they are
set -- $asked
[ "$#" -ge 2 ] && [ "$1" = itops-check ] || refuse 'ask: itops-check NAME ARGUMENT...'
name=$2
shift 2

left=$#
while [ "$left" -gt 0 ]; do
    # The x keeps line breaks at the end, which $() would drop.
    word=$(decoded "$1" && printf x) || refuse "$name: unreadable argument"
    shift
    set -- "$@" "${word%x}"
    left=$((left - 1))
done

case $name in
"""
TAIL = """\
    *) refuse "no such check: $name" ;;
esac
"""
#: What must hold before a check runs, besides the number of its arguments.
GUARDS = {
    "plugin": 'grep -Fqx -e "$1" "$plugins" 2>/dev/null || refuse "plugin not allowed: $1"',
}


def script() -> str:
    """Return the script's text."""
    return HEAD + "".join(branch(command) for command in commands()) + TAIL


def commands() -> list[Command]:
    """Return the command of each check over SSH, with made-up arguments."""
    found = []
    for kind in CHECKS.values():
        if kind.transport is Transport.SSH:
            needed = {one.name: "x" for one in asked_by(kind.params) if one.is_required}
            question = kind.ask(kind.params(**needed))
            if isinstance(question, Command):
                found.append(question)
    return found


def branch(command: Command) -> str:
    """Return the lines of one check in the script's `case`."""
    numbers = [int(digits) for digits in re.findall(r'"\$([1-9])"', command.script)]
    many = '"$@"' in command.script
    count = f"{'least' if many else 'exactly'} {1 if many else max(numbers, default=0)}"
    lines = [f'takes {count} "$#"', *filter(None, [GUARDS.get(command.name)]), command.script]
    body = "".join(f"        {line}\n" for line in lines)
    return f"    {command.name})\n{body}        ;;\n"


def write() -> None:
    SCRIPT.write_text(script(), encoding="utf-8")
