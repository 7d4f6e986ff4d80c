"""The marks of the floor section: a shape for each device, or for each room of a large fleet."""

from collections import Counter
from collections.abc import Mapping

from markupsafe import Markup, escape

from itops.checks.base import BOARD_ORDER
from itops.i18n import name_in
from itops.services.hosts.board import Tally
from itops.services.hosts.floors import Floor, Room
from itops.services.hosts.standing import Standing
from itops.views.answering.language import language, t
from itops.views.hosts.fleet_filters import Filters

#: Drawn as often as there are devices, in this order; what is well is small and thin.
MARKS = {
    Standing.CRITICAL: Markup('<i class="g crit"></i>'),
    Standing.UNKNOWN: Markup('<i class="g unk"></i>'),
    Standing.WARNING: Markup('<i class="g warn"></i>'),
    Standing.QUIET: Markup('<i class="g unk"></i>'),
    Standing.OK: Markup('<i class="ok"></i>'),
}


#: A room that is drawn: whether it is hot, its link, its name, how many devices, their marks, and
#: the same in words. Filled in here and not by a macro: a large fleet has hundreds of them.
ROOM = (
    '<a class="rm%s" href="%s"><span>%s <span class="mut">%d</span></span>'
    '<span class="ws">%s</span><span class="vh"> %s</span></a>'
)


class FloorMarks:
    """Draws the rooms of floors; made once a page, since a large fleet has a thousand rooms."""

    def __init__(self, filters: Filters, hosts_url: str, *, is_coarse: bool) -> None:
        self.is_coarse = is_coarse
        self._language = language()
        kept = filters.with_(place=None, site=None, kind=None).query()
        self._whole = escape(hosts_url + kept)
        self._part = escape(hosts_url + (f"{kept}&" if kept else "?"))
        self._words = [(state, escape(t(f"state.{state.value}"))) for state in BOARD_ORDER]
        self._no_room = t("health.no_room")
        #: What was said of one room goes for all whose hosts stand alike.
        self._told: dict[tuple[int, ...], str] = {}

    def rooms(self, floor: Floor) -> Markup:
        """Return the rooms to draw one by one: all, or of a large fleet those with trouble."""
        drawn = []
        for room in floor.in_order():
            worst = room.tally.worst
            if not self.is_coarse or worst < Standing.QUIET:
                drawn.append(self._drawn(room, floor, worst))
        return Markup("\n".join(drawn))  # noqa: S704 - made of escaped parts

    def others(self, floor: Floor) -> tuple[int, Markup]:
        """Return how many rooms `rooms` left out, and a mark for each of them."""
        if not self.is_coarse:
            return 0, Markup("")
        worst = Counter(room.tally.worst for room in floor.rooms.values())
        left = {one: worst[one] for one in MARKS if one >= Standing.QUIET}
        return sum(left.values()), _marks(left)

    def _drawn(self, room: Room, floor: Floor, worst: Standing) -> str:
        return ROOM % (
            " hot crit" if worst is Standing.CRITICAL else "",
            self._url(room, floor),
            escape(self._name(room)),
            room.tally.total,
            MARKS[worst] if self.is_coarse else of_devices(room.tally),
            self.in_words(room.tally),
        )

    def in_words(self, tally: Tally) -> str:
        """Return what the marks say, for whoever can't see them: "critical 1, unknown 2"."""
        alike = tuple(tally.counts)
        if alike not in self._told:
            counted = [(word, tally.of(state)) for state, word in self._words[:-1]]
            told = [f"{word} {n}" for word, n in counted if n]
            self._told[alike] = t("format.list").join(told) or self._words[-1][1]
        return self._told[alike]

    def _name(self, room: Room) -> str:
        place = room.spot or room.site
        return name_in(self._language, place.name, place.name_en) if place else self._no_room

    def _url(self, room: Room, floor: Floor) -> str:
        spot = room.spot or floor.spot
        if spot is not None:
            return f"{self._part}place={spot.id}"
        return f"{self._part}site={room.site.id}" if room.site else self._whole


def of_devices(tally: Tally) -> Markup:
    """Return a mark for each device, worst first."""
    return _marks({one: tally.counts[one] for one in MARKS})


def _marks(counts: Mapping[Standing, int]) -> Markup:
    return Markup("").join([MARKS[one] * n for one, n in counts.items() if n])
