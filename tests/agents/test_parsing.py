"""What programs print and how it is understood. Samples say in their names where they are from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from itops_agent.errors import Unseen
from itops_agent.inventory import antivirus, dates, drives, identifiers, software, system, updates
from itops_agent.probes import mounts, services

SAMPLES = Path(__file__).resolve().parents[1] / "samples"


def sample(name):
    return (SAMPLES / name).read_text("utf-8")


def test_dpkg_lists_what_is_installed_with_its_maker():
    found = software.parse_dpkg(sample("dpkg/debian-12.txt"))
    assert found[0] == {
        "name": "adduser",
        "version": "3.134",
        "publisher": "Debian Adduser Developers",
        "arch": "all",
    }
    assert len(found) == sample("dpkg/debian-12.txt").count("\nii") + 1


def test_dpkg_leaves_out_what_is_only_configured():
    assert software.parse_dpkg("rc \tgone\t1\tall\tX <x>\n") == []


def test_rpm_shows_an_epoch_only_where_there_is_one_and_no_keys():
    found = software.parse_rpm(sample("rpm/after-the-manual.txt"))
    assert [(each["name"], each["version"]) for each in found] == [
        ("bash", "4.4.20-4.el8_6"),
        ("openssl-libs", "1:1.1.1k-9.el8_7"),
        ("his-client", "2.3-1"),
    ]
    assert found[2]["publisher"] is None


def test_windows_leaves_out_parts_and_patches():
    entries: list[tuple[str, dict[str, object]]] = [
        ("x86_64", {"DisplayName": "HIS 客户端", "DisplayVersion": "5.1", "Publisher": "东软"}),
        ("x86_64", {"DisplayName": "Runtime part", "SystemComponent": 1}),
        ("x86", {"DisplayName": "Hotfix", "ParentKeyName": "Office"}),
        ("x86", {"DisplayVersion": "nameless"}),
    ]
    assert software.parse_uninstall(entries) == [
        {"name": "HIS 客户端", "version": "5.1", "publisher": "东软", "arch": "x86_64"}
    ]


def test_an_empty_list_of_software_is_not_believed():
    with pytest.raises(Unseen):
        software.bounded([])


def test_apt_counts_upgrades_and_which_of_them_are_for_security():
    printed = sample("apt/debian-12-simulate-dist-upgrade.txt")
    told = updates.parse_apt(printed, checked_at=5.0)
    upgrades = [line for line in printed.splitlines() if line.startswith("Inst ") and " [" in line]
    assert told["pending"] == len(upgrades) > 0
    assert told["security"] == sum("-Security:" in line for line in upgrades)


def test_dnf_counts_up_to_what_becomes_obsolete():
    printed = sample("dnf/after-the-manual.txt")
    assert updates.parse_dnf(printed, "", checked_at=None)["pending"] == 3


def test_windows_update_is_understood_or_unknown():
    told = updates.parse_windows('{"pending":3,"security":1,"checked_at":"2026-11-21T02:11:09Z"}')
    assert (told["pending"], told["security"]) == (3, 1)
    assert told["checked_at"] == 1795227069.0
    with pytest.raises(Unseen):
        updates.parse_windows("")


def test_clamav_tells_when_its_signatures_were_made():
    (found,) = antivirus.parse_clamav(sample("clamscan/1.4.6-with-signatures.txt"), is_running=True)
    assert (found["engine_version"], found["signature_version"]) == ("1.4.6", "27830")
    assert found["signature_at"] == 1795252800.0
    assert found["enabled"] is True


def test_clamav_without_signatures_says_so():
    (found,) = antivirus.parse_clamav(
        sample("clamscan/1.4.6-without-signatures.txt"), is_running=None
    )
    assert found["signature_at"] is None
    assert found["why_unknown"] == "no_signatures"


def test_a_second_antivirus_switches_defender_off():
    found = antivirus.parse_windows(sample("windows/antivirus-after-the-documentation.json"))
    assert [(each["product"], each["enabled"], each["up_to_date"]) for each in found] == [
        ("Windows Defender", False, None),
        ("火绒安全软件", True, True),
        ("Old Shield", True, False),
    ]
    assert found[0]["signature_at"] == 1795237831.0


def test_a_single_product_comes_without_its_list():
    (found,) = antivirus.parse_windows(sample("windows/antivirus-one-product-no-defender.json"))
    assert (found["product"], found["enabled"]) == ("360 Total Security", True)


@pytest.mark.parametrize("printed", ["", "null", "[]", "{}", '{"products":[{}],"defender":null}'])
def test_what_windows_does_not_tell_is_unknown(printed):
    with pytest.raises(Unseen):
        antivirus.parse_windows(printed)


def test_windows_drives_by_word_or_number():
    found = drives.parse_windows(sample("windows/drives-after-the-documentation.json"))
    assert [(each["kind"], each["serial"]) for each in found] == [
        ("ssd", "0025_3885_91B2_07A4"),
        ("hdd", "WD-WCC6Y0XYZ"),
    ]


def test_windows_identifiers_with_one_disk():
    found = identifiers.parse_windows(sample("windows/identifiers-after-the-documentation.json"))
    assert {"kind": "dmi_uuid", "value": "4C4C4544-0051-3010-8054-B7C04F4E3132"} in found
    assert {"kind": "disk_serial", "value": "S3Z8NB0K123456A"} in found


def test_windows_11_is_called_so():
    told = {"ProductName": "Windows 10 Pro", "DisplayVersion": "23H2", "CurrentBuild": "22631",
            "UBR": "4460", "InstallDate": "1700000000"}  # fmt: skip
    found = system.windows_version(told)
    assert (found["name"], found["version"]) == ("Windows 11 Pro", "23H2")
    assert found["kernel"] == "10.0.22631.4460"


def test_what_a_maker_forgot_to_write_is_not_a_serial_number():
    printed = json.dumps({"manufacturer": "联想", "model": "To be filled by O.E.M.",
                          "serial": "Default string", "bios": None})  # fmt: skip
    assert system.parse_hardware(printed) == {
        "manufacturer": "联想", "model": None, "serial": None, "bios": None,
    }  # fmt: skip


def test_services_are_named_without_what_comes_and_goes():
    found = services.parse_units(sample("systemctl/after-the-manual.txt"))
    assert {each["name"]: each["state"] for each in found} == {
        "cron": "running",
        "his-gateway": "failed",
        "networking": "running",
        "oracle": "failed",
        "ssh": "running",
        "systemd-fsck@dev-sda1": "stopped",
    }


def test_mounts_are_devices_once_and_network_shares():
    found = mounts.chosen(mounts.parse(sample("mounts/after-proc-mounts-5.txt")))
    assert [each.mount for each in found] == [
        "/", "/boot/efi", "/mnt/nas", "/mnt/share", "/srv/pacs archive", "/tank",
    ]  # fmt: skip
    assert found[2].device == "nas.hospital.example:/export/影像"


def test_mounts_of_a_virtual_machine():
    found = mounts.chosen(mounts.parse(sample("mounts/debian-12-virtual-machine.txt")))
    assert [each.mount for each in found] == ["/"]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-21T05:10:31.0000000Z", 1795237831.0),
        ("2026-11-21T13:10:31+08:00", 1795237831.0),
        ("1601-01-01T00:00:00Z", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_dates(text, at):
    assert dates.from_iso(text) == at
