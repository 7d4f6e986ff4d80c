"""What a person decides over a machine: it comes in, is this asset, is shut out, is believed."""

from datetime import datetime

from sqlalchemy import select

from itops.db import db
from itops.errors import Refused
from itops.models import Asset, AssetEvent, Enrolment, Host, Site
from itops.services import auditing
from itops.services.auditing import Actor


def approve(
    host: Host, *, asset: Asset | None = None, site: Site | None = None, by: Actor, at: datetime
) -> None:
    """Let a waiting machine in, as `asset` if it is one of ours, and at `site`.

    Raise Refused if it does not wait, or the asset is another live machine already.
    """
    before = auditing.facts(host)
    host.move_to(Enrolment.APPROVED, at=at)
    host.approved_by_id = by.id
    if asset is not None:
        give(host, asset, by=by, at=at)
    if site is not None or asset is not None:
        host.site_id = site.id if site else host.asset.site_id if host.asset else None
    auditing.record("host.approved", host, by=by, at=at, before=before, after=auditing.facts(host))


def link(host: Host, asset: Asset | None, *, by: Actor, at: datetime) -> None:
    """Say which asset a machine is (None: it is none of ours). Raise Refused if that is taken."""
    before = auditing.facts(host)
    if asset is None:
        host.asset, host.asset_id = None, None
    else:
        give(host, asset, by=by, at=at)
        host.site_id = asset.site_id
    auditing.record("host.linked", host, by=by, at=at, before=before, after=auditing.facts(host))


def give(host: Host, asset: Asset, *, by: Actor, at: datetime) -> None:
    """Make `host` the live machine of `asset`, and put it on the asset's timeline."""
    other = db.session.scalar(
        select(Host.name).where(
            Host.asset_id == asset.id,
            Host.id != host.id,
            Host.enrolment != Enrolment.REVOKED,
            Host.merged_into_id.is_(None),
        )
    )
    if other is not None:
        raise Refused("enrolment.asset_taken", tag=asset.tag, name=other)
    host.asset, host.asset_id = asset, asset.id
    db.session.add(
        AssetEvent(
            asset=asset,
            at=at,
            by=by.name,
            key="enrolment.asset_linked",
            params={"name": host.name},
        )
    )


def revoke(host: Host, *, by: Actor, at: datetime) -> None:
    """Shut a machine out: its key is dead with the next transaction. Raise Refused if it was."""
    before = auditing.facts(host)
    host.move_to(Enrolment.REVOKED, at=at)
    auditing.record("host.revoked", host, by=by, at=at, before=before, after=auditing.facts(host))


def release(host: Host, *, by: Actor, at: datetime) -> None:
    """Believe a machine again that was set aside; the next fingerprint it sends is its own.

    Raise Refused if it was not set aside.
    """
    if host.quarantined_at is None:
        raise Refused("enrolment.not_quarantined", name=host.name)
    before = auditing.facts(host)
    host.quarantined_at, host.quarantine, host.machine = None, None, ""
    auditing.record("host.released", host, by=by, at=at, before=before, after=auditing.facts(host))
