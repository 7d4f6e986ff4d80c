"""The groups of figures: a module each, whose `figures` yields what it measured."""

from dataclasses import dataclass
from pathlib import Path

#: Each group and how it is measured. The names are the modules'.
GROUPS = {
    "startup": (
        "`itops run` on an empty folder, until /healthz answers; then its memory (PSS of the whole"
        " process tree) ten seconds after a few pages were asked for."
    ),
    "agent": (
        "Each agent runs alone in turn. Ours is the real `itops-agent run` sending over TLS to a"
        " real server every 5 seconds, so that a round has enough collections; processor time is"
        " that of all its processes. collectd collects every second (10 plug-ins and csv);"
        " node_exporter and zabbix-agent are asked 60 times, what they use unasked is taken off."
        " Memory is PSS as if no other Python ran on the machine."
    ),
    "intake": (
        "wrk with 64 keep-alive connections, one client thread, plain http, the same for both."
        " Ours: the real server on SQLite with synchronous=FULL; every report is authenticated,"
        " decoded, kept apart from repeats, judged and stored before it is answered. InfluxDB syncs"
        " its log with every write."
    ),
    "own_copy": (
        "As intake, one report a request, on a database of 200 MB: without, and while the server"
        " makes copies of its own database one after another, which it else does every 10 minutes."
    ),
    "fleet": (
        "83.3 reports a second, as 5,000 agents at 60 s send them: each with its own key, on a"
        " connection of its own, evenly spread, the bodies recorded from a real machine."
        " The server's processor time while idle is taken off."
    ),
    "pages": (
        "100,000 assets and 5,000 hosts. From the WSGI call to the last byte, in process, warm,"
        " signed in; the median of 60 requests over different places, and the slowest in a hundred."
    ),
    "tickets": (
        "200,000 tickets, 4,000 of them open, 20,000 assets. From the WSGI call to the last byte,"
        " in process, warm, signed in; the median of 60 requests."
    ),
    "history": (
        "Reports recorded from a real machine, replayed for 50 hosts and 7 days through the same"
        " packing as in the product."
    ),
    "engine": (
        "5,000 rows due each minute, evenly spread, on the embedded default with 16 threads and a"
        " check that does nothing; for two minutes. Then all of them due at once; then one that is"
        " asked for, 30 times."
    ),
    "maintenance": (
        "100,000 dates of 176 plans over 10 years: found by the rules; then made as rows of orders"
        " by the duty, in its own pieces, each committed, on SQLite with synchronous=FULL."
    ),
    "month": (
        "A year of 5,000 hosts: 200,000 tickets, 60,000 alerts, 100,000 work orders, 60 modules"
        " with 30,000 changes of state. From the WSGI call to the last byte, in process, warm."
    ),
    "ssh": (
        "200 targets: 13 real OpenSSH servers on 16 loopback addresses, ed25519 keys. Ours is the"
        " engine with its 32 threads on SQLite (synchronous=FULL), all clock checks due at once:"
        " claimed, credentials unsealed, host keys checked, answers judged, results committed."
        " Peers run the same command on 200 (OpenSSH and Ansible on 100), 50 at once; Ansible is"
        " the better of `-m raw` without and `-m command` with ControlPersist and pipelining."
    ),
    "checks": (
        "A real `itops run` with 5,000 TCP checks due every minute, for two minutes from the first"
        " one on; late is from when a check was due until it was begun."
    ),
    "silent": (
        "200 TCP checks a minute, of which 60 ask a port that neither takes nor refuses and cost a"
        " thread ten seconds each; the first round is the one in which nobody knows yet which."
    ),
    "snmp": (
        "The UPS check by SNMP 2c, and by a user of version 3, asked of a real snmpd one after the"
        " other: our own processor time a check, the first of each left out."
    ),
    "restore": (
        "A laboratory's results with three indexes, dumped by pg_dump (custom format, and SQL in"
        " gzip). Ours: the whole restore test from the look at the file to the wiped folder, with"
        " two assertions and the rows of all tables counted; an empty cluster is kept from the test"
        " before. Peers, the same tool with the same server settings in turn: the tool alone into a"
        " throw-away server that is already there; and all by hand (initdb, start, restore, stop,"
        " remove), which asks nothing."
    ),
    "audit": (
        "A site is renamed 500 times, each with its entry in the log, to the end of the commit"
        " (SQLite with synchronous=FULL; PostgreSQL without fsync). Then 100,000 entries are"
        " verified as `itops audit verify` does it."
    ),
    "checkout": "`make run` in a fresh clone without an environment, until /healthz answers.",
}
#: Only measured when asked for by name.
SEPARATE = {"checkout"}


@dataclass(frozen=True)
class Run:
    """One run of a group: a folder that is removed afterwards, and how thorough to be."""

    folder: Path
    rounds: int
    is_quick: bool

    def seconds(self, whole: float) -> float:
        """Return how long to measure."""
        return min(whole, 2.0) if self.is_quick else whole

    def in_turn(self) -> range:
        return range(1 if self.is_quick else self.rounds)
