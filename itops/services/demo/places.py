"""The demo's sites, departments, buildings, floors and rooms, in a root site of their own."""

from dataclasses import dataclass, field

from itops.db import db
from itops.models import Department, Location, LocationKind, Site, SiteKind
from itops.services.demo.hospital import BUILDINGS, CENTRES, DEPARTMENTS, HOSPITAL, Building
from itops.services.demo.machines import Machine


@dataclass
class Places:
    """The demo's places, to be looked up by what the machines say of them."""

    hospital: Site
    sites: dict[str, Site] = field(default_factory=dict)
    departments: dict[str, Department] = field(default_factory=dict)
    rooms: dict[tuple[str, str], Location] = field(default_factory=dict)

    def site_of(self, machine: Machine) -> Site:
        """Return the machine's site: a township's centre, else the hospital."""
        return self.sites.get(machine.building, self.hospital)


def make_places() -> Places:
    """Make every place of the demo."""
    name, name_en = HOSPITAL
    hospital = Site(kind=SiteKind.COUNTY_HOSPITAL, name=name, name_en=name_en, is_demo=True)
    places = Places(hospital)
    db.session.add(hospital)
    for department, english in DEPARTMENTS.items():
        made = Department(site=hospital, name=department, name_en=english, is_demo=True)
        places.departments[department] = made
        db.session.add(made)
    for building in BUILDINGS:
        _make_building(building, places)
    _make_centres(places)
    db.session.flush()
    return places


def _make_building(building: Building, places: Places) -> None:
    hospital = places.hospital
    house = Location(
        site=hospital,
        kind=LocationKind.BUILDING,
        name=building.name,
        name_en=building.name_en,
        is_demo=True,
    )
    floors: dict[int, Location] = {}
    for room in building.rooms:
        if room.floor not in floors:
            floors[room.floor] = Location(
                site=hospital,
                parent=house,
                kind=LocationKind.FLOOR,
                name=f"{room.floor}F",
                position=room.floor,
                is_demo=True,
            )
        places.rooms[building.code, room.name] = Location(
            site=hospital,
            parent=floors[room.floor],
            kind=LocationKind.ROOM,
            name=room.name,
            name_en=room.name_en,
            is_demo=True,
        )
    db.session.add_all([house, *floors.values()])
    db.session.add_all(places.rooms.values())


def _make_centres(places: Places) -> None:
    for centre in CENTRES:
        site = Site(
            parent=places.hospital,
            kind=SiteKind.TOWNSHIP_CENTRE,
            name=centre.name,
            name_en=centre.name_en,
            is_demo=True,
        )
        places.sites[centre.code] = site
        db.session.add(site)
        for name, name_en in centre.clinics:
            db.session.add(
                Site(
                    parent=site,
                    kind=SiteKind.VILLAGE_CLINIC,
                    name=name,
                    name_en=name_en,
                    is_demo=True,
                )
            )
