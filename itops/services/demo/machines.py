"""The machines of the demo hospital: the same ones every time, some of them in trouble."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from itops.services.demo.hospital import (
    BUILDINGS,
    CENTRES,
    MACHINE_ROOM,
    SERVER_MODELS,
    SERVERS,
    WORKSTATION_MODELS,
)

SEED = 20260302
GB = 1024**3


class Story(StrEnum):
    """What is the matter with a machine. Most have none."""

    NONE = ""
    DISK_FULL = "disk_full"
    DISK_FILLING = "disk_filling"
    MEMORY_SHORT = "memory_short"
    OLD_SIGNATURES = "old_signatures"
    VERY_OLD_SIGNATURES = "very_old_signatures"
    HUNG_MOUNT = "hung_mount"
    SILENT = "silent"
    SWITCHED_OFF = "switched_off"
    WAITING = "waiting"


@dataclass(frozen=True)
class DemoDisk:
    """A disk, how full it is now, and by how much a day it fills."""

    mount: str
    total_bytes: int
    used_percent: float
    percent_a_day: float = 0.0


@dataclass(frozen=True)
class Machine:
    """One machine: what the ledger and the agent would say of it."""

    number: int
    name: str
    label: str
    label_en: str
    building: str
    floor: int
    room: str
    department: str
    tag: str
    vendor: str
    model: str
    is_server: bool
    is_windows: bool
    cores: int
    memory_bytes: int
    disks: tuple[DemoDisk, ...]
    address: str
    story: Story = Story.NONE
    #: Signs by which the agent would know it.
    serial: str = field(default="")

    @property
    def has_sensor(self) -> bool:
        """Whether a temperature can be read; on Windows none can without help."""
        return self.is_server and not self.is_windows

    @property
    def system_name(self) -> str:
        """The operating system as people call it."""
        if self.is_windows:
            return "Windows Server 2016" if self.is_server else "Windows 10"
        return "Debian GNU/Linux 12"


#: What is the matter with which machine, by the machine's name.
TROUBLE = {
    "LIS-SRV-01": Story.DISK_FULL,
    "HIS-DB-02": Story.DISK_FILLING,
    "EMR-APP-01": Story.MEMORY_SHORT,
    "FILE-01": Story.HUNG_MOUNT,
    "MZ-1F-003": Story.DISK_FULL,
    "ZY-4F-011": Story.SILENT,
    "YJ-3F-009": Story.SILENT,
    "ZY-8F-018": Story.VERY_OLD_SIGNATURES,
    "MZ-5F-020": Story.WAITING,
    "XZ-3F-009": Story.WAITING,
}
OLD_SIGNATURES = ("MZ-2F-012", "MZ-2F-013", "MZ-3F-021", "ZY-2F-004", "ZY-5F-006", "ZY-6F-015")
SWITCHED_OFF = ("XZ-2F-003", "XZ-2F-005", "XZ-3F-004", "MZ-4F-017", "MZ-5F-009", "ZY-1F-022")


def machines() -> list[Machine]:
    """Return every machine that has an agent, servers first."""
    chance = random.Random(SEED)  # noqa: S311 - the same hospital each time is what is wanted
    return [*_servers(chance), *_workstations(chance), *_of_centres(chance)]


def story_of(name: str, centre: str = "") -> Story:
    """Return what is the matter with the machine of this name; Longquan's line is down."""
    if centre == "LQ":
        return Story.SILENT
    if name in OLD_SIGNATURES:
        return Story.OLD_SIGNATURES
    if name in SWITCHED_OFF:
        return Story.SWITCHED_OFF
    return TROUBLE.get(name, Story.NONE)


def _servers(chance: random.Random) -> Iterator[Machine]:
    for number, role in enumerate(SERVERS, start=1):
        vendor, model = SERVER_MODELS[number % len(SERVER_MODELS)]
        yield Machine(
            number=number,
            name=role.name,
            label=role.does,
            label_en=role.does_en,
            building="YJ",
            floor=2,
            room=MACHINE_ROOM,
            department="信息科",
            tag=f"YJ-2F-{number:04}",
            vendor=vendor,
            model=model,
            is_server=True,
            is_windows=role.is_windows,
            cores=16,
            memory_bytes=64 * GB,
            disks=_server_disks(role.name, chance, is_windows=role.is_windows),
            address=f"10.1.12.{20 + number}",
            story=story_of(role.name),
            serial=f"DEMO{number:06}",
        )


def _server_disks(name: str, chance: random.Random, *, is_windows: bool) -> tuple[DemoDisk, ...]:
    system, data = ("C:\\", "D:\\") if is_windows else ("/", "/srv")
    disks = [
        DemoDisk(system, 120 * GB, chance.uniform(45, 65)),
        DemoDisk(data, 1024 * GB, chance.uniform(35, 70), chance.uniform(0.01, 0.06)),
    ]
    if story_of(name) is Story.DISK_FULL:
        disks.append(DemoDisk("E:\\", 200 * GB, 100.0, 2.4))
    if story_of(name) is Story.DISK_FILLING:
        disks[1] = DemoDisk(data, 1024 * GB, 91.0, 0.38)
    return tuple(disks)


def _workstations(chance: random.Random) -> Iterator[Machine]:
    number = len(SERVERS)
    for row, building in enumerate(BUILDINGS):
        counts: dict[int, int] = {}
        for room in building.rooms:
            for place in range(1, room.workstations + 1):
                number += 1
                counts[room.floor] = counts.get(room.floor, 0) + 1
                name = f"{building.code}-{room.floor}F-{counts[room.floor]:03}"
                yield _workstation(
                    number,
                    name,
                    chance,
                    label=(f"{room.name} {place} 号电脑", f"{room.name_en} PC {place}"),
                    place=(building.code, room.floor, room.name, room.department),
                    address=f"10.1.{100 + row * 10 + room.floor}.{counts[room.floor] + 10}",
                )


def _of_centres(chance: random.Random) -> Iterator[Machine]:
    number = 1000
    for row, centre in enumerate(CENTRES):
        for place in range(1, centre.workstations + 1):
            number += 1
            yield _workstation(
                number,
                f"{centre.code}-{place:03}",
                chance,
                label=(f"{centre.name} {place} 号电脑", f"{centre.name_en} PC {place}"),
                place=(centre.code, 0, "", ""),
                address=f"10.{20 + row}.1.{10 + place}",
                centre=centre.code,
            )


def _workstation(  # noqa: PLR0913 - a machine has this many facts
    number: int,
    name: str,
    chance: random.Random,
    *,
    label: tuple[str, str],
    place: tuple[str, int, str, str],
    address: str,
    centre: str = "",
) -> Machine:
    vendor, model = WORKSTATION_MODELS[chance.randrange(len(WORKSTATION_MODELS))]
    story = story_of(name, centre)
    used = 98.6 if story is Story.DISK_FULL else chance.uniform(30, 74)
    building, floor, room, department = place
    return Machine(
        number=number,
        name=name,
        label=label[0],
        label_en=label[1],
        building=building,
        floor=floor,
        room=room,
        department=department,
        tag=f"{name[:-3]}{number:04}",
        vendor=vendor,
        model=model,
        is_server=False,
        is_windows=True,
        cores=4,
        memory_bytes=chance.choice((4, 8, 8, 16)) * GB,
        disks=(DemoDisk("C:\\", 100 * GB, used, chance.uniform(0.0, 0.04)),),
        address=address,
        story=story,
        serial=f"DEMO{number:06}",
    )
