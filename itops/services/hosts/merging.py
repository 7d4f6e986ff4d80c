"""One machine that enrolled twice is shown as one, and that can be taken back: no data moves."""

from datetime import datetime

from itops.db import db
from itops.errors import Refused
from itops.models import Enrolment, Host
from itops.services import auditing
from itops.services.auditing import Actor


def merge(old: Host, into: Host, *, by: Actor, at: datetime) -> None:
    """Show the past of `old` on the pages of `into`, which takes over its asset and site.

    The old key is dead as long as this holds. Raise Refused for a pair that can't be one machine.
    """
    new = into
    if old.id == new.id or old.merged_into_id is not None or new.merged_into_id is not None:
        raise Refused("enrolment.merge_refused", old=old.name, new=new.name)
    if new.enrolment is Enrolment.REVOKED:
        raise Refused("enrolment.merge_into_revoked", new=new.name)
    if old.asset_id and new.asset_id and old.asset_id != new.asset_id:
        raise Refused("enrolment.merge_of_two_assets", old=old.name, new=new.name)
    before = auditing.facts(old)
    old.merged_into_id, old.merged_at = new.id, at
    db.session.flush()
    if new.asset_id is None and old.asset_id is not None:
        new.asset_id, new.asset = old.asset_id, old.asset
    new.site_id = new.site_id or old.site_id
    auditing.record("host.merged", old, by=by, at=at, before=before, after=auditing.facts(old))


def split(old: Host, *, by: Actor, at: datetime) -> None:
    """Take a merge back: both stand for themselves, and the asset is the old one's again.

    Raise Refused if `old` is not merged.
    """
    if old.merged_into is None:
        raise Refused("enrolment.not_merged", name=old.name)
    before, new = auditing.facts(old), old.merged_into
    if old.enrolment is not Enrolment.REVOKED and new.asset_id == old.asset_id:
        new.asset, new.asset_id = None, None
        db.session.flush()
    old.merged_into_id, old.merged_into, old.merged_at = None, None, None
    auditing.record("host.split", old, by=by, at=at, before=before, after=auditing.facts(old))
