"""The demo's register: its computers, and the UPS units, printers, displays and switches."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from itops.models import Asset, Criticality, Lifecycle
from itops.services.demo.hospital import (
    BUILDINGS,
    FAMILY_NAMES,
    GIVEN_NAMES,
    MACHINE_ROOM,
    PRINTER_MODELS,
    UPS_MODELS,
    Building,
    Room,
)
from itops.services.demo.machines import SEED, Machine
from itops.services.demo.places import Places

UPS_COUNT = 22
PRINTER_COUNT = 48
DISPLAY_COUNT = 12
SWITCH_COUNT = 14


@dataclass(frozen=True)
class Kind:
    """A kind of device without an agent: how many, and what the ledger says of them."""

    type_key: str
    code: str
    name: str
    name_en: str
    count: int
    models: tuple[tuple[str, str], ...]


KINDS = (
    Kind("ups", "UPS", "UPS 电源", "UPS", UPS_COUNT, UPS_MODELS),
    Kind("printer", "DY", "打印机", "Printer", PRINTER_COUNT, PRINTER_MODELS),
    Kind("display", "XS", "叫号屏", "Queue display", DISPLAY_COUNT, (("海信", "HZ55A55"),)),
    Kind("network", "JH", "交换机", "Switch", SWITCH_COUNT, (("华为", "S5735-L48T4X"),)),
)
#: The first so many of a type stand in the machine room.
ROOM_FIRST = {"ups": 3, "network": 1}


def asset_of(machine: Machine, places: Places, *, at: datetime) -> Asset:
    """Return the asset that a machine with an agent is."""
    chance = random.Random(SEED + machine.number)  # noqa: S311 - the same register each time
    bought = bought_on(chance, at=at)
    return Asset(
        tag=machine.tag,
        type_key="server" if machine.is_server else "workstation",
        name=machine.label,
        name_en=machine.label_en,
        lifecycle=Lifecycle.IN_SERVICE,
        criticality=_criticality(machine),
        site=places.site_of(machine),
        department=places.departments.get(machine.department),
        location=places.rooms.get((machine.building, machine.room)),
        custodian=person(chance),
        vendor=machine.vendor,
        model=machine.model,
        serial=machine.serial,
        ip_address=machine.address,
        purchased_on=bought,
        warranty_until_on=bought + timedelta(days=3 * 365),
        price_fen=(4_800_000 if machine.is_server else 420_000) + chance.randrange(90) * 1_000,
        created_at=at,
        updated_at=at,
        is_demo=True,
    )


def other_assets(places: Places, *, at: datetime) -> Iterator[Asset]:
    """Return the devices without an agent, spread over the rooms."""
    chance = random.Random(SEED)  # noqa: S311 - the same register each time
    rooms = [(building, room) for building in BUILDINGS for room in building.rooms]
    for kind in KINDS:
        for number in range(1, kind.count + 1):
            building, room = rooms[chance.randrange(len(rooms))]
            if kind.type_key in ROOM_FIRST and number <= ROOM_FIRST[kind.type_key]:
                building, room = machine_room()
            vendor, model = kind.models[number % len(kind.models)]
            bought = bought_on(chance, at=at)
            yield Asset(
                tag=f"{kind.code}-{number:04}",
                type_key=kind.type_key,
                name=f"{room.name} {kind.name}",
                name_en=f"{kind.name_en}, {room.name_en}",
                lifecycle=Lifecycle.IN_REPAIR if number % 23 == 0 else Lifecycle.IN_SERVICE,
                criticality=Criticality.NORMAL,
                site=places.hospital,
                department=places.departments[room.department],
                location=places.rooms[building.code, room.name],
                custodian=person(chance),
                vendor=vendor,
                model=model,
                serial=f"DEMO-{kind.code}-{number:04}",
                purchased_on=bought,
                warranty_until_on=bought + timedelta(days=2 * 365),
                created_at=at,
                updated_at=at,
                is_demo=True,
            )


def machine_room() -> tuple[Building, Room]:
    """Return the room in which the servers stand."""
    return next(
        (building, room)
        for building in BUILDINGS
        for room in building.rooms
        if room.name == MACHINE_ROOM
    )


def person(chance: random.Random) -> str:
    """Return the name of nobody in particular."""
    return chance.choice(FAMILY_NAMES) + chance.choice(GIVEN_NAMES)


def bought_on(chance: random.Random, *, at: datetime) -> date:
    """Return a day in the last seven years."""
    return (at - timedelta(days=chance.randrange(30, 7 * 365))).date()


def _criticality(machine: Machine) -> Criticality:
    if machine.is_server:
        return Criticality.HIGH
    return Criticality.LIFE if machine.room in {"重症监护室", "手术室"} else Criticality.NORMAL
