"""Host keys that checks have met: they wait until a person says whose they are."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from itops.db import db
from itops.models import Check, HostKey, HostKeyState
from itops.services.checking.results import MetKey
from itops.services.checking.tasks import Place


def note(met: Mapping[tuple[Place, MetKey], int], *, at: datetime) -> None:
    """Write keys down as pending, or that they were seen again; a decision is not changed.

    Given with each key is the check that met it.
    """
    for (place, key), check_id in met.items():
        row = db.session.scalar(
            select(HostKey).where(
                HostKey.address == place.address,
                HostKey.port == place.port,
                HostKey.fingerprint == key.fingerprint,
            )
        )
        if row is None:
            db.session.add(_pending(place, key, check_id, at=at))
            db.session.flush()
            continue
        row.seen_at = at
        if row.state is HostKeyState.REPLACED:
            row.state = HostKeyState.PENDING


def _pending(place: Place, key: MetKey, check_id: int, *, at: datetime) -> HostKey:
    return HostKey(
        address=place.address,
        port=place.port,
        algorithm=key.algorithm,
        public_key=key.public_key,
        fingerprint=key.fingerprint,
        site_id=db.session.scalar(select(Check.site_id).where(Check.id == check_id)),
        first_seen_at=at,
        seen_at=at,
    )
