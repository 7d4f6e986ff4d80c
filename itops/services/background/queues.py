"""Every queue of due rows. A subject that has work of this kind puts its queue into this table."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from itops.services.alerting import delivering
from itops.services.backups import looking
from itops.services.checking import runner
from itops.services.engine import due_rows
from itops.services.engine.due_rows import DueQueue, Standing

_ALL: tuple[DueQueue, ...] = (*runner.QUEUES, delivering.QUEUE, looking.QUEUE)

Queues = Mapping[str, DueQueue]
#: Every queue by its name.
QUEUES: Queues = MappingProxyType({queue.name: queue for queue in _ALL})


def standing(queues: Queues = QUEUES, *, at: datetime) -> list[Standing]:
    """Return how every queue stands."""
    return [due_rows.standing(queue, at=at) for queue in queues.values()]
