"""The marks of the floor section: a shape for each device, or for each room of a large fleet."""

from collections.abc import Iterable

from markupsafe import Markup

from itops.checks.base import BOARD_ORDER
from itops.services.host_board import Tally
from itops.services.host_floors import Floor, Room
from itops.services.host_standing import Standing
from itops.views.language import t

#: Drawn as often as there are devices; what is well is small and thin.
MARKS = {
    Standing.CRITICAL: Markup('<i class="g crit"></i>'),
    Standing.UNKNOWN: Markup('<i class="g unk"></i>'),
    Standing.WARNING: Markup('<i class="g warn"></i>'),
    Standing.QUIET: Markup('<i class="g unk"></i>'),
    Standing.OK: Markup('<i class="ok"></i>'),
}


def of_devices(tally: Tally) -> Markup:
    """Return a mark for each device, worst first."""
    return Markup("").join(mark * tally.by_standing[one] for one, mark in MARKS.items())


def of_room(tally: Tally) -> Markup:
    """Return one mark for a room: its worst."""
    return MARKS[tally.worst]


def of_rooms(rooms: Iterable[Room]) -> Markup:
    """Return a mark for each of the rooms that are well."""
    return Markup("").join(of_room(room.tally) for room in rooms)


def in_words(tally: Tally) -> str:
    """Return what the marks say, for whoever can't see them: "critical 1, unknown 2"."""
    told = [(state, tally.of(state)) for state in BOARD_ORDER[:-1]]
    parts = [f"{t(f'state.{state.value}')} {count}" for state, count in told if count]
    return ", ".join(parts) or t("state.ok")


def troubled(floor: Floor) -> list[Room]:
    """Return the floor's rooms that have something to look at."""
    return [room for room in floor.in_order() if room.tally.worst < Standing.QUIET]


def untroubled(floor: Floor) -> list[Room]:
    """Return the floor's other rooms."""
    return [room for room in floor.in_order() if room.tally.worst >= Standing.QUIET]
