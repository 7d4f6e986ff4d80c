"""Signing in with a password: who is let in, who has to wait, and what the log says of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from itops.db import db
from itops.errors import Refused
from itops.models import Result, SignInFailure, User
from itops.services.auditing import Actor, record
from itops.services.users.known_browsers import STRANGE, KnownBrowser
from itops.services.users.second_factor import Proof, prove

#: Failures in a row after which an account is locked, and for how long.
FAILURES_TO_LOCK = 5
LOCKED_FOR = timedelta(minutes=15)
#: Failures from one address within the window after which each next try has to wait: 2, 4, 8 …
#: seconds, a minute at most. A ward behind one address is slowed down, never shut out.
FAILURES_TO_SLOW = 20
WINDOW = timedelta(minutes=15)
LONGEST_WAIT_SECONDS = 60
#: Failures for no account of ours are written down at the first, tenth, hundredth … of an address.
WRITTEN = {1, 10, 100, 1000, 10_000}


@dataclass(frozen=True)
class Candidate:
    """The account that somebody wants to sign in to; without an id there is none."""

    user_id: int | None
    password_hash: str
    #: By what failures are counted on a browser that the person used before; "": on any other.
    browser: str = ""


def candidate(
    login: str, *, address: str, at: datetime, known: KnownBrowser = STRANGE
) -> Candidate:
    """Return the account to compare the password with. Raise Refused if the address has to wait.

    Only reads: the comparison that follows is slow and belongs outside of any transaction.
    """
    found = db.session.execute(
        select(User.id, User.password_hash).where(User.login == login.strip().lower())
    ).first()
    browser = known.name_for(found.id, found.password_hash) if found else ""
    if not browser:
        refuse_in_haste(address, at=at)
    return Candidate(found.id, found.password_hash, browser) if found else Candidate(None, "")


def conclude(who: Candidate, *, is_right: bool, address: str, at: datetime) -> User | None:
    """Given whether the password was right, return the person whose it is, and write it down.

    Who has a second factor is not let in yet: failures go on counting until it is proven. The
    row is looked at again under lock: of many guesses at once, no more than five count.
    """
    user = _locked_row(who.user_id)
    if user is None:
        _count_stranger(address, at=at)
        return None
    actor, nobody = Actor(user.id, user.name, address), Actor(None, "", address)
    is_right = is_right and user.password_hash == who.password_hash  # changed meanwhile
    if is_right and user.is_enabled and not is_locked(user, at=at, browser=who.browser):
        if not user.has_second_factor:
            _let_in(user, actor, at=at, browser=who.browser)
        return user
    count_wrong(user, nobody, at=at, browser=who.browser)
    return None


def conclude_code(
    user_id: int, typed: str, *, address: str, at: datetime, browser: str = ""
) -> User | None:
    """Given what was typed for a second factor, return the person who is let in by it.

    A locked account is answered as a wrong code is, and the code is not even looked at.
    """
    user = _locked_row(user_id)
    if user is None:
        return None
    actor = Actor(user.id, user.name, address)
    is_open = user.is_enabled and not is_locked(user, at=at, browser=browser)
    proof = prove(user, typed, at=at) if is_open else None
    if proof is None:
        count_wrong(user, Actor(None, "", address), at=at, browser=browser)
        return None
    _let_in(user, actor, at=at, browser=browser, proof=proof)
    return user


def _locked_row(user_id: int | None) -> User | None:
    if user_id is None:
        return None
    return db.session.get(User, user_id, with_for_update=True, populate_existing=True)


def _let_in(
    user: User, actor: Actor, *, at: datetime, browser: str, proof: Proof | None = None
) -> None:
    user.last_sign_in_at = at
    if not browser or not is_locked(user, at=at):  # strangers go on waiting
        user.failures, user.locked_until_at = 0, None
    after = {"second_factor": proof.value} if proof else None
    record("sign_in.done", user, by=actor, at=at, after=after)


def is_locked(user: User, *, at: datetime, browser: str = "") -> bool:
    """Whether too many wrong passwords keep this account shut at present, on this browser."""
    if browser:
        return _failures_of(browser, at=at) >= FAILURES_TO_LOCK
    return user.locked_until_at is not None and user.locked_until_at > at


def count_wrong(user: User, by: Actor, *, at: datetime, browser: str = "") -> None:
    """Count a wrong password of an account; lock it at the fifth in a row, or only the browser.

    `by` is who is known to have typed it: at a sign-in nobody is, whatever name was given.
    """
    _remember(by.address, at=at)
    if is_locked(user, at=at, browser=browser):
        return
    if browser:
        failures = _remember(browser, at=at)
    else:
        user.failures += 1
        failures = user.failures
    if failures == 1:
        record("sign_in.failed", user, by=by, at=at, result=Result.FAILED)
    if failures >= FAILURES_TO_LOCK:
        ends_at = at + LOCKED_FOR
        if not browser:
            user.failures, user.locked_until_at = 0, ends_at
        after = {"failures": FAILURES_TO_LOCK, "locked_until_at": ends_at.isoformat()}
        if browser:
            after["only_on_known_browser"] = True
        record("sign_in.locked", user, by=by, at=at, after=after, result=Result.FAILED)


def refuse_in_haste(address: str, *, at: datetime) -> None:
    """Raise Refused while an address with too many failures has to wait."""
    count, latest = db.session.execute(
        select(func.count(), func.max(SignInFailure.at)).where(
            SignInFailure.address == address, SignInFailure.at > at - WINDOW
        )
    ).one()
    if count < FAILURES_TO_SLOW:
        return
    wait = min(2 ** (count - FAILURES_TO_SLOW + 1), LONGEST_WAIT_SECONDS)
    left = (latest + timedelta(seconds=wait) - at).total_seconds()
    if left > 0:
        raise Refused("sign_in.wait", n=int(left) + 1)


def _count_stranger(address: str, *, at: datetime) -> None:
    """Count a failure for no account. What was typed is not kept: it may be a password."""
    number = _remember(address, at=at)
    if number in WRITTEN:
        nobody = Actor(None, "", address)
        after = {"failures": number}
        record("sign_in.failed", by=nobody, at=at, after=after, result=Result.FAILED)


def _remember(address: str, *, at: datetime) -> int:
    """Add a failure of this address or known browser; return how many it has within the window."""
    db.session.execute(delete(SignInFailure).where(SignInFailure.at <= at - WINDOW))
    db.session.add(SignInFailure(address=address, at=at))
    db.session.flush()
    return _failures_of(address, at=at)


def _failures_of(address: str, *, at: datetime) -> int:
    return db.session.scalars(
        select(func.count()).where(SignInFailure.address == address, SignInFailure.at > at - WINDOW)
    ).one()
