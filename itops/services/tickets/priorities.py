"""Priority = impact × urgency: one table, what follows from it in time, and why in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from itops.errors import Message
from itops.models import Criticality
from itops.models.ticket import Impact, Urgency

#: How many it hits (impact) × how long it can wait (urgency): 1 is the highest.
TABLE: Mapping[tuple[Impact, Urgency], int] = MappingProxyType(
    {
        (Impact.HOSPITAL, Urgency.NOW): 1,
        (Impact.HOSPITAL, Urgency.TODAY): 1,
        (Impact.HOSPITAL, Urgency.DAYS): 2,
        (Impact.DEPARTMENT, Urgency.NOW): 1,
        (Impact.DEPARTMENT, Urgency.TODAY): 2,
        (Impact.DEPARTMENT, Urgency.DAYS): 3,
        (Impact.SEVERAL, Urgency.NOW): 2,
        (Impact.SEVERAL, Urgency.TODAY): 2,
        (Impact.SEVERAL, Urgency.DAYS): 3,
        (Impact.ONE, Urgency.NOW): 2,
        (Impact.ONE, Urgency.TODAY): 3,
        (Impact.ONE, Urgency.DAYS): 4,
    }
)
#: How far a fault of a device reaches before anybody has looked, by how much depends on it.
IMPACT_OF = MappingProxyType(
    {
        Criticality.LIFE: Impact.DEPARTMENT,
        Criticality.HIGH: Impact.SEVERAL,
        Criticality.NORMAL: Impact.ONE,
        Criticality.LOW: Impact.ONE,
    }
)
#: From so many people with the same fault on, it hits at least as many as this.
PEOPLE = ((10, Impact.HOSPITAL), (5, Impact.DEPARTMENT), (2, Impact.SEVERAL))
#: The widest first.
WIDTH = tuple(Impact)


@dataclass(frozen=True)
class Target:
    """Within what somebody answers, and within what it works again."""

    response: timedelta
    resolution: timedelta
    #: Else only the service hours count.
    is_around_the_clock: bool


def priority_of(impact: Impact, urgency: Urgency) -> int:
    """Return the priority of a ticket, 1 (highest) to 4."""
    return TABLE[impact, urgency]


def impact_of(criticality: Criticality | None) -> Impact:
    """Return the impact of a fault of a device; without a device, of one workplace."""
    return IMPACT_OF[criticality] if criticality else Impact.ONE


def impact_of_many(people: int, present: Impact) -> Impact:
    """Return the impact when `people` report the same: it only grows."""
    counted = next((impact for many, impact in PEOPLE if people >= many), Impact.ONE)
    return min(counted, present, key=WIDTH.index)


def explained(impact: Impact, urgency: Urgency) -> Message:
    """Return why a ticket has its priority: "one workplace × patients wait = P2"."""
    return Message(
        "ticket.priority_why",
        {
            "impact": Message(f"ticket.impact.{impact}"),
            "urgency": Message(f"ticket.urgency.{urgency}"),
            "priority": Message(f"ticket.priority.{priority_of(impact, urgency)}"),
        },
    )
