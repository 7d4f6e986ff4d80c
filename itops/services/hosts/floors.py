"""The fleet as a section through the buildings: floors from the top, rooms, a mark a device."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from itops.models import LocationKind, SiteKind
from itops.services.hosts.board import Group, Tally
from itops.services.places.tree import PlaceTree, SitePlace, Spot

#: Above so many devices in view, one mark stands for a room.
MOST_DEVICE_MARKS = 600


@dataclass
class Room:
    """The hosts of one room; of a site without a building, all that have no room of their own."""

    spot: Spot | None
    site: SitePlace | None
    tally: Tally = field(default_factory=Tally)


@dataclass
class Floor:
    """A floor with its rooms; without a spot, what stands on no floor."""

    spot: Spot | None
    rooms: dict[tuple[int | None, int | None], Room] = field(default_factory=dict)

    def in_order(self) -> list[Room]:
        """Return the rooms as their places are ordered, what has no room last."""
        return sorted(self.rooms.values(), key=_room_order)


@dataclass
class Building:
    """A building with its floors, or all sites of one kind that have no building."""

    spot: Spot | None
    site_kind: SiteKind | None
    floors: dict[int | None, Floor] = field(default_factory=dict)

    @cached_property
    def tally(self) -> Tally:
        """How the hosts of all rooms stand together."""
        rooms = (room for floor in self.floors.values() for room in floor.rooms.values())
        return Tally.together(room.tally for room in rooms)

    def top_down(self) -> list[Floor]:
        """Return the floors as they lie one above the other; sites in their own order."""
        return sorted(self.floors.values(), key=_floor_order)


@dataclass(frozen=True)
class Section:
    """All buildings in view."""

    buildings: Sequence[Building]
    #: Whether one mark stands for a room and not for a device.
    is_coarse: bool


def section(groups: Iterable[Group], tree: PlaceTree) -> Section:
    """Given counted hosts, return the section through the buildings that they stand in."""
    buildings: dict[tuple[int | None, SiteKind | None], Building] = {}
    #: Within a building, the site makes no difference: there are far fewer rooms than groups.
    rooms: dict[int | None, Room] = {}
    elsewhere: dict[tuple[int | None, int | None], Room] = {}
    for site_id, location_id, _, standing, hosts in groups:
        room = rooms.get(location_id) or elsewhere.get((location_id, site_id))
        if room is None:
            way, site = tree.way_to(location_id), tree.sites.get(site_id or 0)
            room = _room(_floor(_building(buildings, way, site), way), way, site)
            if tree.building_of(location_id):
                rooms[location_id] = room
            else:
                elsewhere[location_id, site_id] = room
        room.tally.counts[standing] += hosts
    total = sum(building.tally.total for building in buildings.values())
    return Section(sorted(buildings.values(), key=_building_order), total > MOST_DEVICE_MARKS)


def _building(
    known: dict[tuple[int | None, SiteKind | None], Building],
    way: Sequence[Spot],
    site: SitePlace | None,
) -> Building:
    spot = way[0] if way and way[0].kind is LocationKind.BUILDING else None
    kind = site.kind if site and spot is None else None
    key = (spot.id if spot else None, kind)
    building = known.get(key)
    if building is None:
        building = known[key] = Building(spot, kind)
    return building


def _floor(building: Building, way: Sequence[Spot]) -> Floor:
    spot = next((one for one in way if one.kind is LocationKind.FLOOR), None)
    key = spot.id if spot else None
    floor = building.floors.get(key)
    if floor is None:
        floor = building.floors[key] = Floor(spot)
    return floor


def _room(floor: Floor, way: Sequence[Spot], site: SitePlace | None) -> Room:
    spot = way[-1] if way and way[-1].kind is LocationKind.ROOM else None
    of_site = None if way else site
    key = (spot.id if spot else None, of_site.id if of_site else None)
    room = floor.rooms.get(key)
    if room is None:
        room = floor.rooms[key] = Room(spot, of_site)
    return room


def _building_order(building: Building) -> tuple[bool, int, int, int]:
    spot = building.spot
    kinds = list(SiteKind)
    kind = kinds.index(building.site_kind) if building.site_kind else len(kinds)
    return (spot is None, spot.site_id if spot else kind, *_position(spot))


def _floor_order(floor: Floor) -> tuple[bool, int, int]:
    high, number = _position(floor.spot)
    return (floor.spot is None, -high, number)


def _room_order(room: Room) -> tuple[bool, int, int]:
    if room.spot is None:
        return (True, 0, room.site.id if room.site else 0)
    return (False, *_position(room.spot))


def _position(spot: Spot | None) -> tuple[int, int]:
    return (spot.position, spot.id) if spot else (0, 0)
