"""A UPS behind a real SNMP agent, by community and by user."""

import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from itops.checks.base import State
from itops.checks.kinds import ups_snmp
from itops.checks.questions import SnmpQuestion
from itops.remote import errors, snmp
from itops.remote.snmp import SnmpAccess
from tests.checks.reading import found
from tests.components.snmp import AUTH_KEY, COMMUNITY, PRIV_KEY, USER

MIB = "1.3.6.1.2.1.33.1"
ON_BATTERY = {
    f"{MIB}.2.1.0": 2,
    f"{MIB}.2.3.0": 22,
    f"{MIB}.2.4.0": 93,
    f"{MIB}.2.5.0": 2690,
    f"{MIB}.3.3.1.3.1": 0,
    f"{MIB}.4.1.0": 5,
    f"{MIB}.4.4.1.2.1": 230,
    f"{MIB}.4.4.1.5.1": 35,
    f"{MIB}.4.4.1.5.2": 41,
}
BY_USER = SnmpAccess(
    user=USER, auth_protocol="sha", auth_key=AUTH_KEY, priv_protocol="aes", priv_key=PRIV_KEY
)


def question(port: int) -> SnmpQuestion:
    return replace(ups_snmp.ask(ups_snmp.Params()), port=port)


@pytest.mark.parametrize("access", [SnmpAccess(community=COMMUNITY), BY_USER], ids=["2c", "3"])
def test_a_ups_on_battery_is_read_in_our_units(snmpd, access):
    snmpd.start(ON_BATTERY)
    finding = found("ups_snmp", snmp.ask("127.0.0.1", question(snmpd.port), access))
    assert (finding.state, finding.message.key) == (State.WARNING, "check.ups.on_battery")
    assert finding.metrics == {
        "ups.runtime_seconds": 1320,
        "ups.charge_percent": 93,
        "ups.battery_volts": 269,
        "ups.input_volts": 0,
        "ups.output_volts": 230,
        "ups.load_percent": 41,
        "ups.on_battery": 1,
    }


@pytest.mark.parametrize("access", [SnmpAccess(community=COMMUNITY), BY_USER], ids=["2c", "3"])
def test_one_engine_asks_again_and_again_until_the_device_is_replaced(snmpd, access):
    """A user's messages carry how often the device was started, which a new one counts anew."""
    snmpd.start(ON_BATTERY)
    snmp.IDLE.clear()
    for _ in range(3):
        assert snmp.ask("127.0.0.1", question(snmpd.port), access).values[f"{MIB}.2.4.0"] == 93
    (engine,) = snmp.IDLE[access]
    snmpd.swap(ON_BATTERY | {f"{MIB}.2.4.0": 12})
    assert snmp.ask("127.0.0.1", question(snmpd.port), access).values[f"{MIB}.2.4.0"] == 12
    is_same = [engine] == snmp.IDLE[access]
    assert is_same is (access is not BY_USER)


def test_devices_are_asked_side_by_side(snmpd):
    snmpd.start(ON_BATTERY)
    access = SnmpAccess(community=COMMUNITY)
    with ThreadPoolExecutor(8) as askers:
        asked = [
            askers.submit(snmp.ask, "127.0.0.1", question(snmpd.port), access) for _ in range(24)
        ]
    assert {one.result().values[f"{MIB}.2.4.0"] for one in asked} == {93}
    assert len(snmp.IDLE[access]) <= snmp.MOST_IDLE


def test_a_device_without_the_mib_is_unknown(snmpd):
    snmpd.start({})
    answer = snmp.ask("127.0.0.1", question(snmpd.port), SnmpAccess(community=COMMUNITY))
    assert found("ups_snmp", answer).message.key == "check.ups.no_mib"


@pytest.mark.slow
def test_a_wrong_community_gets_no_answer(snmpd):
    snmpd.start(ON_BATTERY)
    with pytest.raises(errors.SnmpSilent):
        snmp.ask("127.0.0.1", question(snmpd.port), SnmpAccess(community="guess"))


@pytest.mark.parametrize("changed", [{"auth_key": "another-key"}, {"user": "stranger"}])
def test_a_wrong_key_or_user_is_refused(snmpd, changed):
    snmpd.start(ON_BATTERY)
    with pytest.raises(errors.AuthFailed):
        snmp.ask("127.0.0.1", question(snmpd.port), replace(BY_USER, **changed))


@pytest.mark.slow
def test_a_machine_without_an_agent_is_silent():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(errors.SnmpSilent):
            snmp.ask("127.0.0.1", question(port), SnmpAccess(community=COMMUNITY))


def test_an_unknown_name_is_said_to_be_one():
    with pytest.raises(errors.NameUnknown):
        snmp.ask("no-such-ups.invalid", question(161), SnmpAccess(community="x"))


def test_keys_and_communities_are_not_shown():
    assert COMMUNITY not in repr(SnmpAccess(community=COMMUNITY))
    assert AUTH_KEY not in repr(BY_USER)
    assert PRIV_KEY not in repr(BY_USER)
