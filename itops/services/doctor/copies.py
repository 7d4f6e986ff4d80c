"""The doctor looks at our own backup: how old it is, whether it is whole, whether it was proven."""

from collections.abc import Iterator
from datetime import datetime

from itops.services.backups import own_standing
from itops.services.doctor.findings import Finding, found


def examine(*, at: datetime) -> Iterator[Finding]:
    """Yield what there is to say of it; nothing while the installation is new."""
    standing = own_standing.standing(at=at)
    if standing is not None:
        yield found("copies", standing.state, why=standing.message)
