"""A new password as a form brings it: held against the rules, then hashed."""

from dataclasses import dataclass

from flask import request

from itops.auth.sessions import settings
from itops.errors import Invalid
from itops.models import User
from itops.services.users import former_passwords
from itops.services.users.passwords import check_rules, hashed, refuse_former


@dataclass(frozen=True)
class Rules:
    """What a person's new password is held against, read before the slow part."""

    login: str
    former: tuple[str, ...]


def rules_for(user: User) -> Rules:
    """Return the rules for the new password of `user`."""
    former = former_passwords.hashes(user, most=remembered())
    return Rules(user.login, tuple(former))


def remembered() -> int:
    """Return how many of a person's last passwords are refused: none where they stay for ever."""
    return settings().passwords_remembered if settings().password_max_days else 0


def new_password_hash(rules: Rules) -> str:
    """Return the hash of the form's new password. Raise Invalid if it may not be one.

    Takes tens of milliseconds, and as long again for each former one: not inside a transaction.
    """
    password, here = request.form.get("password", ""), settings()
    check_rules(password, login=rules.login, shortest=here.password_length, names=[here.hospital])
    if request.form.get("again", "") != password:
        raise Invalid("password.not_the_same", field="again")
    refuse_former(password, rules.former)
    return hashed(password)
