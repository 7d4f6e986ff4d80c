"""What part of the fleet a page shows: read from the address, written back into links."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from itops.errors import Invalid
from itops.models import SiteKind
from itops.services.hosts.board import Narrowing
from itops.services.places.tree import PlaceTree, SitePlace, Spot
from itops.views.showing.choices import choice_of, number_of

#: Keys of types are no longer.
LONGEST_KEY = 40
#: Numbers that forms and scripts send are keys of rows and epoch seconds; longer ones are neither.
MOST_DIGITS = 15
#: In the address, hosts without an asset are of this type.
NO_TYPE = "none"


@dataclass(frozen=True)
class Filters:
    """A place and a type, as asked for; things that don't exist match nothing."""

    site: int | None = None
    place: int | None = None
    kind: SiteKind | None = None
    type: str | None = None

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "Filters":
        """Read the filters of an address; what is not understood is not asked for."""
        return cls(
            site=number_of(args.get("site")),
            place=number_of(args.get("place")),
            kind=choice_of(SiteKind, args.get("kind", "")),
            type=args.get("type", "")[:LONGEST_KEY] or None,
        )

    def __bool__(self) -> bool:
        return self != Filters()

    def narrowing(self, tree: PlaceTree) -> Narrowing:
        """Return what the services narrow by."""
        return Narrowing(
            site_ids=self._sites(tree),
            spot_ids=frozenset(tree.spot_and_below(self.place)) if self.place else None,
            type_key=None if self.type is None else "" if self.type == NO_TYPE else self.type,
        )

    def _sites(self, tree: PlaceTree) -> frozenset[int] | None:
        if self.site is not None:
            return frozenset(tree.site_and_below(self.site))
        if self.kind is not None:
            return frozenset(site.id for site in tree.sites.values() if site.kind is self.kind)
        return None

    def chosen(self, tree: PlaceTree) -> list[SitePlace | Spot]:
        """Return the site and the building, floor and room that are chosen, outermost first."""
        way: list[SitePlace | Spot] = list(tree.way_to(self.place))
        site = tree.sites.get(self.site or 0)
        return [site, *way] if site else way

    def with_(self, **changes: Any) -> "Filters":
        """Return the filters with some of them changed."""
        return replace(self, **changes)

    def query(self, **more: Any) -> str:
        """Return the filters as the query of an address, with `more`; empty for none."""
        parts = {"site": self.site, "place": self.place, "kind": self.kind, "type": self.type}
        given = {
            name: value for name, value in {**parts, **more}.items() if value not in {None, ""}
        }
        return f"?{urlencode(given)}" if given else ""


def number_in(args: Mapping[str, str], name: str) -> int | None:
    """Return the number that stands under `name`, None if there is none; raise Invalid if wrong."""
    text = args.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise Invalid("filter.number_wrong", field=name)
    return int(text)
