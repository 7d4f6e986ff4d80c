"""What the pages of checks share: finding one within reach, and words for what it is about."""

from dataclasses import dataclass
from typing import Any

from flask import abort, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from itops.auth.permissions import Permission, may
from itops.auth.scopes import in_scope_or_404, reach, scoped
from itops.checks.catalogue import CHECKS
from itops.db import db
from itops.models import Check, Credential
from itops.views.answering.frame import is_open
from itops.views.answering.language import named, t


@dataclass(frozen=True)
class Link:
    """A thing with the page about it; no page for who may not open it."""

    text: str
    url: str = ""


def found(check_id: int, permission: Permission = Permission.VIEW_CHECKS) -> Check:
    """Return the check with what it is about, if it is within reach; else it is not there."""
    statement = (
        select(Check)
        .where(Check.id == check_id)
        .options(
            joinedload(Check.asset),
            joinedload(Check.module),
            joinedload(Check.site),
            joinedload(Check.department),
            joinedload(Check.credential),
        )
    )
    check = db.session.scalar(scoped(statement, Check, permission))
    if check is None:
        abort(404)
    return check


def credential_or_404(credential_id: int) -> Credential:
    """Return the credential, if the reader may manage it; else it is not there."""
    return in_scope_or_404(Credential, credential_id, Permission.MANAGE_CREDENTIALS)


def within(check: Check, permission: Permission) -> bool:
    """Whether the reader holds `permission` for this check."""
    return may(permission) and reach(permission).covers(
        site_id=check.site_id, department_id=check.department_id
    )


def kind_name(kind: str) -> str:
    """Return what a kind of check is called; one that is no longer known keeps its key."""
    return t(CHECKS[kind].key) if kind in CHECKS else kind


def about(check: Check) -> list[Link]:
    """Return what a check is about: its asset, its module, or the bare address's site."""
    links = []
    if check.asset is not None:
        text = f"{check.asset.tag} {named(check.asset)}"
        links.append(_link(text, "assets.show", asset_id=check.asset.id))
    if check.module is not None:
        links.append(_link(check.module.code, "modules.show", module_id=check.module.id))
    return links or [Link(named(check.site))]


def address_of(check: Check) -> str:
    """Return where the check asks."""
    return check.address or (check.asset.ip_address if check.asset else "")


def _link(text: str, endpoint: str, **values: Any) -> Link:
    return Link(text, url_for(endpoint, **values) if is_open(endpoint) else "")
