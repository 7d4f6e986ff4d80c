"""What a machine says of work: it is done, it is not, or it can't tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from itops.checks.base import State
from itops.errors import Message


@dataclass(frozen=True)
class Verdict:
    """OK proves; a warning or critical speaks against it; unknown says nothing."""

    state: State
    message: Message
    #: The figures as they were, to be kept with the order.
    facts: Mapping[str, Any] = field(default_factory=dict)
    #: When the machine saw it.
    seen_at: datetime | None = None
    verification_id: int | None = None
    #: It will be seen, or a test of it be signed: until then nobody's bare word is taken.
    is_awaited: bool = False

    @property
    def proves(self) -> bool:
        return self.state is State.OK

    @property
    def contradicts(self) -> bool:
        return self.state in {State.WARNING, State.CRITICAL}
