"""How each changing route of the checks is called so that it changes something."""

from collections.abc import Callable
from typing import Any

from itops.models import CredentialKind, User
from tests import factories
from tests.views.checking.test_credentials import a_key

Call = tuple[str, dict[str, Any]]
TCP = {"kind": "tcp", "name": "neu", "address": "10.0.0.1", "p-port": "80"}


def _create() -> Call:
    return "/checks/new", TCP | {"site_id": str(factories.site().id)}


def _update() -> Call:
    check = factories.check()
    return f"/checks/{check.id}/edit", TCP | {
        "module_id": str(check.module_id),
        "version": str(check.version),
    }


def _remove() -> Call:
    check = factories.check()
    return f"/checks/{check.id}/remove", {"name": check.name}


def _edit_credential() -> Call:
    one = factories.credential(kind=CredentialKind.PASSWORD)
    given = {"name": "neu", "user_name": "x", "version": str(one.version)}
    return f"/checks/credentials/{one.id}/edit", given


CHECK_CHANGES: dict[str, Callable[[User], Call]] = {
    "checks.acts.remove": lambda _me: _remove(),
    "checks.acts.run": lambda _me: (f"/checks/{factories.check().id}/run", {}),
    "checks.acts.switch": lambda _me: (f"/checks/{factories.check().id}/switch", {"on": ""}),
    "checks.credentials.create": lambda _me: (
        "/checks/credentials/new",
        {"kind": "password", "name": "neu", "user_name": "x", "secret": "geheim"},
    ),
    "checks.credentials.remove": lambda _me: (
        f"/checks/credentials/{factories.credential().id}/remove",
        {},
    ),
    "checks.credentials.update": lambda _me: _edit_credential(),
    "checks.machine_keys.approve": lambda _me: (f"/checks/host-keys/{a_key().id}/approve", {}),
    "checks.machine_keys.reject": lambda _me: (f"/checks/host-keys/{a_key().id}/reject", {}),
    "checks.writing.create": lambda _me: _create(),
    "checks.writing.update": lambda _me: _update(),
}
