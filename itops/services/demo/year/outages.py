"""The demo's outages of the year: what they made of checks and modules, and how it is now."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from itops.checks.base import Finding, State
from itops.db import db
from itops.errors import Message
from itops.models import Check, CheckChange, ModuleState, ModuleStateChange
from itops.services.demo.year.known import YEAR_DAYS, Known
from itops.services.demo.year.modules import MODULES
from itops.services.demo.year.troubles import OUTAGES, Outage
from itops.services.modules import standing

#: A check is soft for so long before it is believed.
SOFT = timedelta(minutes=2)
#: Since when the modules are in the state in which they are now, if that is not well.
BAD_SINCE = timedelta(hours=2)
Row = dict[str, Any]


def write_outages(known: Known) -> None:
    """Write the changes of checks and of modules, and in which state the modules are now."""
    of_checks = [row for outage in OUTAGES for row in _check_rows(outage, known)]
    db.session.execute(insert(CheckChange), of_checks)
    rows = [*_beginning(known)]
    rows += [row for outage in OUTAGES for row in _module_rows(outage, known)]
    rows += _present(known)
    db.session.execute(insert(ModuleStateChange), sorted(rows, key=lambda row: row["at"]))


def check_of(outage: Outage, known: Known) -> Check:
    """Return the check that saw a module go down: the module's own."""
    module = known.modules[outage.module]
    return next(one for one in known.checks.values() if one.module_id == module.id)


def began(outage: Outage, known: Known) -> datetime:
    return known.on(outage.days_ago, outage.hour, outage.minute)


def finding(outage: Outage, known: Known) -> Finding:
    """Return what the module's check said while it was down."""
    check = check_of(outage, known)
    reason = Message("remote.port_closed" if outage.minute % 2 else "remote.unreachable")
    if check.kind == "http":
        return Finding("http", State.CRITICAL, Message("check.http.silent", {"reason": reason}))
    said = {"port": check.params["port"], "reason": reason}
    return Finding("tcp", State.CRITICAL, Message("check.tcp.silent", said))


def _check_rows(outage: Outage, known: Known) -> Iterator[Row]:
    start, down = began(outage, known), finding(outage, known)
    well = Finding(down.name, State.OK, Message("check_state.answers"))
    end = start + timedelta(minutes=outage.minutes)
    key = check_of(outage, known).id
    for at, old, new, is_hard, found in (
        (start, State.OK, State.CRITICAL, False, down),
        (start + SOFT, State.CRITICAL, State.CRITICAL, True, down),
        (end, State.CRITICAL, State.OK, True, well),
    ):
        yield {
            "check_id": key,
            "at": at,
            "old": old,
            "new": new,
            "is_hard": is_hard,
            "findings": [found.as_json()],
        }


def _module_rows(outage: Outage, known: Known) -> Iterator[Row]:
    """Yield the module's way down and back; what needs it is amber meanwhile."""
    start = began(outage, known) + SOFT
    end = began(outage, known) + timedelta(minutes=outage.minutes)
    down = finding(outage, known).message
    for code, state in {outage.module: State.CRITICAL, **_amber(outage.module)}.items():
        key = known.modules[code].id
        yield _row(key, start, State.OK, state, down)
        yield _row(key, end, state, State.OK, Message("check_state.answers"))


def _amber(module: str) -> Mapping[str, State]:
    """Return the modules that need this one, by themselves or through another."""
    found: dict[str, State] = {}
    waiting = [module]
    while waiting:
        lower = waiting.pop()
        upper = [code for code, more in MODULES.items() if lower in more.needs]
        waiting += [code for code in upper if code not in found]
        found |= dict.fromkeys(upper, State.WARNING)
    return found


def _beginning(known: Known) -> Iterator[Row]:
    start = known.at - timedelta(days=YEAR_DAYS)
    for module in known.modules.values():
        said = Message("module.why.check", {"name": module.code})
        yield _row(module.id, start, State.UNKNOWN, State.OK, said)


def _present(known: Known) -> Iterator[Row]:
    """Yield the change to how each module is now, and keep that as its state."""
    look_at = known.at
    standing.look(at=look_at)
    db.session.flush()
    made = select(ModuleStateChange).where(ModuleStateChange.at == look_at)
    for change in db.session.scalars(made):
        db.session.delete(change)
    keys = {module.id: module for module in known.modules.values()}
    for state in db.session.scalars(select(ModuleState).where(ModuleState.module_id.in_(keys))):
        state.since_at = known.at - BAD_SINCE
        if state.state is State.OK:
            state.since_at = _last_end(keys[state.module_id].code, known)
        else:
            reason = Message.from_json(state.reasons[0]["message"])
            yield _row(state.module_id, state.since_at, State.OK, state.state, reason)
    db.session.flush()


def _last_end(code: str, known: Known) -> datetime:
    ends = [
        began(one, known) + timedelta(minutes=one.minutes)
        for one in OUTAGES
        if code == one.module or code in _amber(one.module)
    ]
    return max(ends, default=known.at - timedelta(days=YEAR_DAYS))


def _row(module_id: int, at: datetime, old: State, new: State, reason: Message) -> Row:
    why = {"state": new.value, "message": reason.as_json(), "through": ""}
    return {"module_id": module_id, "at": at, "old": old, "new": new, "reasons": [why]}
