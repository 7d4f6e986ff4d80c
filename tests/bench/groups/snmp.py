"""What a check by SNMP costs us."""

from collections.abc import Iterator
from time import process_time

from itops.checks.kinds import ups_snmp
from itops.remote import snmp
from itops.remote.snmp import SnmpAccess
from tests.bench.groups import Run
from tests.bench.report import Figure, at_most, compared
from tests.components.snmp import AUTH_KEY, COMMUNITY, PRIV_KEY, USER, Snmpd

TIMES = 50
MIB = "1.3.6.1.2.1.33.1"
VALUES = {f"{MIB}.2.1.0": 2, f"{MIB}.2.4.0": 93, f"{MIB}.4.4.1.5.1": 35}
ACCOUNTS = {
    "community": SnmpAccess(community=COMMUNITY),
    "user": SnmpAccess("", USER, "sha", AUTH_KEY, "aes", PRIV_KEY),
}


def figures(run: Run) -> Iterator[Figure]:
    """Yield the processor milliseconds of a check by each kind of account."""
    folder = run.folder / "snmp"
    folder.mkdir()
    agent = Snmpd(folder)
    try:
        agent.start(VALUES)
        for name, access in ACCOUNTS.items():
            rounds = [spent(agent, access) for _ in run.in_turn()]
            goal = at_most(20, of="value")
            figure = Figure(name=f"snmp_cpu_{name}", value=None, unit="ms a check", goal=goal)
            yield compared(figure, rounds, None)
    finally:
        agent.stop()


def spent(agent: Snmpd, access: SnmpAccess) -> float:
    question = ups_snmp.ask(ups_snmp.Params(port=agent.port))
    snmp.ask("127.0.0.1", question, access)
    began = process_time()
    for _ in range(TIMES):
        snmp.ask("127.0.0.1", question, access)
    return 1000 * (process_time() - began) / TIMES
