"""Any plugin of Nagios and its heirs that is installed on the machine."""

from dataclasses import dataclass

from itops.checks.answers import Output
from itops.checks.base import Finding, State, Unreadable
from itops.checks.kind import CheckKind, LimitSet, last_line
from itops.checks.parameters import FILE_NAME, WORDS, parameter
from itops.checks.perfdata import Figure, figures
from itops.checks.questions import Command, Transport
from itops.errors import Message

#: Where distributions and source installs put plugins.
COMMAND = (
    "export LC_ALL=C;"
    " for d in /usr/lib/nagios/plugins /usr/lib64/nagios/plugins /usr/lib/monitoring-plugins"
    " /usr/local/libexec/nagios /usr/local/nagios/libexec;"
    ' do if [ -x "$d/$1" ]; then p="$d/$1"; shift; exec "$p" "$@"; fi; done;'
    ' echo "no such plugin: $1" >&2; exit 127'
)
#: The exit codes of the plugins' guidelines.
STATES = {0: State.OK, 1: State.WARNING, 2: State.CRITICAL, 3: State.UNKNOWN}
LONGEST_TEXT = 300
MOST_FIGURES = 50


@dataclass(frozen=True)
class Params:
    """The plugin's file name, and its arguments as on a command line."""

    plugin: str = parameter(FILE_NAME)
    arguments: tuple[str, ...] = parameter(WORDS, ())


@dataclass(frozen=True)
class Said:
    state: State
    text: str
    figures: tuple[Figure, ...] = ()


def ask(params: Params) -> Command:
    return Command("plugin", COMMAND, (params.plugin, *params.arguments))


def parse(output: Output) -> Said:
    """Given what a plugin printed and its exit code, return both. Raise Unreadable.

    DISK WARNING - free space: / 3326 MiB (12%); | /=24000MB;21000;26000;0;27326
    /home is fine
    more text | /home=120MB;;;0;500
    /srv=4GB
    """
    if output.exit_code not in STATES:
        raise Unreadable("check.plugin.exit", code=output.exit_code, said=last_line(output.stderr))
    first, _, rest = output.stdout.strip().partition("\n")
    text, _, data = first.partition("|")
    _, _, more = rest.partition("|")
    if not text.strip():
        raise Unreadable("check.plugin.silent", said=last_line(output.stderr))
    found = tuple(figures(f"{data} {more}"))[:MOST_FIGURES]
    return Said(STATES[output.exit_code], text.strip()[:LONGEST_TEXT], found)


def evaluate(parsed: Said, params: Params, limits: LimitSet) -> Finding:  # noqa: ARG001
    """Return what the plugin said: it has judged by limits of its own."""
    metrics = dict(figure.metric for figure in parsed.figures if figure.metric)
    said = Message("check.plugin.said", {"said": parsed.text})
    return Finding("plugin", parsed.state, said, metrics)


KIND = CheckKind(
    name="plugin",
    transport=Transport.SSH,
    params=Params,
    ask=ask,
    parse=parse,
    evaluate=evaluate,
    metrics=("plugin.value", "plugin.percent", "plugin.bytes", "plugin.seconds"),
)
