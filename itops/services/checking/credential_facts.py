"""What a person states of a credential, parsed from a form's texts; the secret is part of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from itops.errors import FieldError, Invalid, Message
from itops.models import Credential, CredentialKind
from itops.services import written
from itops.services.checking import keypairs

#: Methods of an SNMP user that are offered, the better ones first.
#: No MD5 and no DES: a card that knows nothing else is asked by 2c, which pretends no secrecy.
AUTH_METHODS = ("sha256", "sha512", "sha")
PRIVACY_METHODS = ("aes", "aes256")
LONGEST_SECRET = 20_000
SHORTEST_PASSPHRASE = 8
#: Kinds that name an account.
WITH_USER = {CredentialKind.SSH_KEY, CredentialKind.PASSWORD, CredentialKind.SNMP_USER}


@dataclass(frozen=True, kw_only=True)
class CredentialFacts:
    """What a person states of a credential; `secret` is None where it stays as it is."""

    name: str
    kind: CredentialKind
    user_name: str
    site_id: int | None
    options: dict[str, Any]
    public_text: str = ""
    secret: str | None = field(default=None, repr=False)


def parse(typed: Mapping[str, str], *, was: Credential | None = None) -> CredentialFacts:
    """Given a form's texts, return the facts. Raise Invalid with every field that is wrong.

    Of a credential that `was` there before, an empty secret means that it stays.
    """
    try:
        kind = was.kind if was else CredentialKind(typed.get("kind", ""))
    except ValueError:
        raise Invalid("written.choice", field="kind") from None
    wrong: list[FieldError] = []

    def read(name: str, reader: Any) -> Any:
        try:
            return reader(typed.get(name, ""))
        except Invalid as error:
            wrong.append(FieldError(name, error.message))
            return None

    name = read("name", written.text(120, required=True))
    user = read("user_name", user_name(required=kind in WITH_USER))
    site_id = read("site_id", written.row_id)
    options = _options(kind, typed, wrong)
    secret, public = _secret(kind, typed, was, wrong)
    if wrong:
        raise Invalid.many(wrong)
    return CredentialFacts(
        name=name,
        kind=kind,
        user_name=user,
        site_id=site_id,
        options=options,
        public_text=public,
        secret=secret,
    )


def user_name(*, required: bool) -> Any:
    """Return a reader of an account's name: nothing that a server may take for more than that."""

    def read(typed: str) -> str:
        found: str = written.text(80, required=required)(typed)
        if any(not character.isprintable() or character.isspace() for character in found):
            raise Invalid("credential.user_wrong")
        return found

    return read


def _options(
    kind: CredentialKind, typed: Mapping[str, str], wrong: list[FieldError]
) -> dict[str, Any]:
    if kind in (CredentialKind.SSH_KEY, CredentialKind.PASSWORD):
        return {"is_forced": kind is CredentialKind.SSH_KEY and typed.get("is_forced") == "1"}
    if kind is CredentialKind.SNMP_USER:
        methods = {"auth": AUTH_METHODS, "privacy": PRIVACY_METHODS}
        for name, known in methods.items():
            if typed.get(name, known[0]) not in known:
                wrong.append(FieldError(name, Message("written.choice")))
        return {name: typed.get(name, known[0]) for name, known in methods.items()}
    return {}


def _secret(
    kind: CredentialKind,
    typed: Mapping[str, str],
    was: Credential | None,
    wrong: list[FieldError],
) -> tuple[str | None, str]:
    """Return the secret as it is sealed (None: it stays), and the public half of a key."""
    try:
        if kind is CredentialKind.SSH_KEY:
            return _key(typed, was)
        if kind is CredentialKind.SNMP_USER:
            return _passphrases(typed, was), ""
        return _plain(typed, was), ""
    except Invalid as error:
        wrong += error.fields
        return None, ""


def _key(typed: Mapping[str, str], was: Credential | None) -> tuple[str | None, str]:
    pem = typed.get("private_key", "").replace("\r\n", "\n").strip()
    if typed.get("makes_key") == "1":
        pair = keypairs.made(comment=f"itops {typed.get('name', '').strip()}")
    elif pem:
        if len(pem) > LONGEST_SECRET:
            raise Invalid("written.too_long", field="private_key", n=LONGEST_SECRET)
        pair = keypairs.read(pem)
    elif was:
        return None, was.public_text
    else:
        raise Invalid("credential.key_needed", field="private_key")
    return pair.private, pair.public


def _plain(typed: Mapping[str, str], was: Credential | None) -> str | None:
    secret = typed.get("secret", "")
    if not secret and was:
        return None
    if not secret:
        raise Invalid("written.required", field="secret")
    if len(secret) > 500 or not secret.isprintable():
        raise Invalid("credential.secret_wrong", field="secret")
    return secret


def _passphrases(typed: Mapping[str, str], was: Credential | None) -> str | None:
    given = {name: typed.get(f"{name}_secret", "") for name in ("auth", "privacy")}
    if was and not any(given.values()):
        return None
    wrong = [
        FieldError(f"{name}_secret", Message("credential.passphrase_short"))
        for name, text in given.items()
        if not SHORTEST_PASSPHRASE <= len(text) <= 500 or not text.isprintable()
    ]
    if wrong:
        raise Invalid.many(wrong)
    return json.dumps(given)
