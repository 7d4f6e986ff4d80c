"""How the routes of second factors and tokens are called so that they change something."""

from collections.abc import Callable
from typing import Any

from itops.clock import utcnow
from itops.models import Role, User
from itops.services.users.passwords import hashed
from tests import factories
from tests.auth.programs import token_row
from tests.services.users.phones import Phone, phone_of

Call = tuple[str, dict[str, Any]]
GOOD = "a good long sentence"


def _asked_again(act: str, *, is_on: bool) -> Callable[[User], Call]:
    def call(me: User) -> Call:
        me.password_hash = hashed(GOOD)
        if is_on:
            phone_of(me)
        return f"/account/second-factor/{act}", {"present": GOOD}

    return call


def _confirm(me: User) -> Call:
    phone = Phone.begun(me, at=utcnow())
    return "/account/second-factor/confirm", {"code": phone.code(at=utcnow())}


def _reset(_me: User) -> Call:
    who = factories.user(role=Role.REPORTER)
    phone_of(who)
    return f"/users/{who.id}/second-factor/reset", {}


def _make_token(me: User) -> Call:
    me.password_hash = hashed(GOOD)
    form = {"name": "Grafana", "scope": ["view_health"], "days": "30", "present": GOOD}
    return "/account/tokens", form


def _revoke_theirs(_me: User) -> Call:
    who = factories.user(role=Role.REPORTER)
    return f"/users/{who.id}/tokens/{token_row(who).id}/revoke", {}


SIGNING_IN_CHANGES: dict[str, Callable[[User], Call]] = {
    "second_factor.begin": _asked_again("begin", is_on=False),
    "second_factor.confirm": _confirm,
    "second_factor.draw_codes": _asked_again("codes", is_on=True),
    "second_factor.remove": _asked_again("remove", is_on=True),
    "tokens.create": _make_token,
    "tokens.revoke": lambda me: (f"/account/tokens/{token_row(me).id}/revoke", {}),
    "user_access.reset_second_factor": _reset,
    "user_access.revoke_token": _revoke_theirs,
}
