"""Which machine this is, and when it is another one."""

from __future__ import annotations

import hashlib

import pytest
from itops_agent import identity
from itops_agent.inventory import identifiers


def ids(**kinds):
    return [
        {"kind": kind, "value": value}
        for kind, values in kinds.items()
        for value in (values if isinstance(values, list) else [values])
    ]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("board_serial", "Default string"),
        ("board_serial", "To be filled by O.E.M."),
        ("chassis_serial", "  TO BE FILLED BY O.E.M.  "),
        ("dmi_uuid", "00000000-0000-0000-0000-000000000000"),
        ("dmi_uuid", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"),
        ("dmi_uuid", "03000200-0400-0500-0006-000700080009"),
        ("machine_id", ""),
        ("disk_serial", "QM00001"),
        ("mac", "00:00:00:00:00:00"),
        ("mac", "ff:ff:ff:ff:ff:ff"),
        ("mac", "02:42:ac:11:00:02"),
        ("mac", "00:50:56:c0:00:08"),
        ("mac", "not an address"),
    ],
)
def test_what_many_machines_share_identifies_none(kind, value):
    assert identity.usable(ids(**{kind: value})) == []


def test_what_is_left_is_spelled_and_sorted_alike():
    found = identity.usable(ids(mac=["F8:B1:56:AA:BB:CC"], dmi_uuid="4C4C4544-0051-3010 "))
    assert found == ids(dmi_uuid="4c4c4544-0051-3010", mac="f8:b1:56:aa:bb:cc")


def test_the_fingerprint_is_the_contracts():
    found = ids(mac="f8:b1:56:aa:bb:cc", machine_id="abcd1234")
    lines = b"mac=f8:b1:56:aa:bb:cc\nmachine_id=abcd1234\n"
    assert identity.fingerprint(found) == hashlib.sha256(lines).hexdigest()


ENROLLED = ids(machine_id="m1", dmi_uuid="u1", board_serial="b1", mac=["c1", "c2"])


@pytest.mark.parametrize(
    ("seen", "is_same"),
    [
        (ENROLLED, True),
        (ids(machine_id="m1", mac="c1"), True),  # without root, and a card was taken out
        (ids(machine_id="m1", dmi_uuid="u1", mac="new"), True),  # all cards were changed
        (ids(machine_id="m1", dmi_uuid="u2", mac="c1"), False),  # a cloned virtual machine
        (ids(machine_id="m1", mac="other"), False),  # a cloned disk, seen without root
        (ids(machine_id="m2", mac="c1"), False),
        (ids(disk_serial="d9"), False),
        ([], False),
    ],
)
def test_the_same_machine_stays_the_same(seen, is_same):
    assert identity.same_machine(ENROLLED, seen) is is_same


def test_what_root_noted_at_the_start_is_found_by_the_service(tmp_path):
    path = str(tmp_path / "run" / "hardware.json")
    identifiers.note_hardware(path)
    noted = identifiers.noted_hardware(path)
    assert set(noted) == {"dmi_uuid", "board_serial", "chassis_serial", "product_serial"}
    assert identifiers.noted_hardware(path + ".missing") == {}


def test_this_machine_can_be_told_from_others():
    found = identifiers.read("an-install-id")
    assert found == identity.usable(found) != []
