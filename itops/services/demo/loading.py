"""Loading the demo hospital: the board within seconds, then its history host by host."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from itops.db import db
from itops.services.auditing import Actor, record
from itops.services.demo import hosts
from itops.services.demo.figures import DAY, HOUR, columns
from itops.services.demo.machines import Machine, Story, machines
from itops.services.demo.ordering import is_loaded
from itops.services.demo.people import make_people, name_to_vendor
from itops.services.demo.places import make_places
from itops.services.demo.register import asset_of, other_assets
from itops.services.demo.year import steps as year
from itops.services.demo.year.known import Known
from itops.services.history.writing import Aggregates, write_block

#: Hosts with a year of hours behind them: the servers, and workstations up to this many in all.
NAMED_HOSTS = 40
DETAIL = timedelta(hours=48)
YEAR = timedelta(days=365)
#: How many days of hours are written at a time, so that reports never wait long.
DAYS_AT_ONCE = 30

Progress = Callable[[int, int], None]
#: One piece of loading, committed by itself.
Step = Callable[[Known], None]


def load_demo(progress: Progress, *, done: int = 0, by: str, at: datetime) -> None:
    """Make the demo hospital, or what an interrupted load left out after `done` steps.

    Each call of `progress` commits what was made so far.
    """
    everything = machines()
    steps = [*year.steps(), *_detail_steps(everything), *_year_steps(everything)]
    if not is_loaded():
        load_hospital(everything, by=by, at=at)
        progress(0, len(steps))
    for number, step in enumerate(steps[done:], start=done + 1):
        if not is_loaded():
            return  # it was removed meanwhile
        step(Known(at))
        progress(number, len(steps))


def load_hospital(everything: list[Machine], *, by: str, at: datetime) -> None:
    """Make the demo's places, people, assets and hosts with their present state."""
    places = make_places()
    make_people(places, at=at)
    assets = {machine.name: asset_of(machine, places, at=at) for machine in everything}
    db.session.add_all([*assets.values(), *other_assets(places, at=at)])
    made = {
        machine.name: hosts.host_of(machine, assets[machine.name], places, at=at)
        for machine in everything
    }
    db.session.add_all(made.values())
    db.session.flush()
    name_to_vendor([assets[one.name] for one in everything if one.is_server][:3], at=at)
    for machine in everything:
        host = made[machine.name]
        db.session.add(hosts.state_of(machine, host, at=at))
        db.session.add(hosts.inventory_of(machine, host, at=at))
        db.session.add_all(hosts.changes_of(machine, host, at=at))
        db.session.add_all(hosts.inventory_changes_of(machine, host, at=at))
    record("demo.loaded", places.hospital, by=Actor(None, by), at=at)


def _detail_steps(everything: list[Machine]) -> Iterator[Step]:
    return (partial(write_detail, machine) for machine in _with_history(everything))


def _year_steps(everything: list[Machine]) -> Iterator[Step]:
    for machine in _with_history(everything)[:NAMED_HOSTS]:
        for first in range(0, YEAR.days, DAYS_AT_ONCE):
            yield partial(write_hours, machine, first)


def _with_history(everything: list[Machine]) -> list[Machine]:
    return [machine for machine in everything if machine.story is not Story.WAITING]


def write_detail(machine: Machine, known: Known) -> None:
    """Write the last 48 hours: every minute of a server, five minutes of a workstation."""
    host_id, now = known.host_id(machine.name), known.minute
    step = 60 if machine.is_server else 300
    end = now // step * step
    moments = range(end - int(DETAIL.total_seconds()), end, step)
    write_block(host_id, step, moments.start, columns(machine, moments, now=now))


def write_hours(machine: Machine, first: int, known: Known) -> None:
    """Write hourly figures of some days, `first` days into the year that ends now.

    An hour's lowest, mean and highest come from three moments in it.
    """
    host_id, now = known.host_id(machine.name), known.minute
    end = now // HOUR * HOUR
    start = end - (YEAR.days - first) * DAY
    moments = range(start, min(start + DAYS_AT_ONCE * DAY, end), HOUR)
    parts = [
        columns(machine, [moment + offset for moment in moments], now=now)
        for offset in (300, 1500, 2700)
    ]
    write_block(host_id, HOUR, start, _aggregated(parts, len(moments)))


def _aggregated(parts: list[dict[str, list[float | None]]], count: int) -> dict[str, Aggregates]:
    names = dict.fromkeys(name for part in parts for name in part)
    nothing: list[float | None] = [None] * count
    result = {}
    for name in names:
        slots = zip(*(part.get(name, nothing) for part in parts), strict=True)
        known = [[value for value in slot if value is not None] for slot in slots]
        result[name] = Aggregates(
            low=[min(slot, default=None) for slot in known],
            mean=[sum(slot) / len(slot) if slot else None for slot in known],
            high=[max(slot, default=None) for slot in known],
        )
    return result
