"""What may prove that work was done: one table, as the catalogue of checks is one."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from itops.models import WorkOrder
from itops.services.maintenance import antivirus, backup_proof
from itops.services.maintenance.templates import Target
from itops.services.maintenance.verdict import Verdict

#: Given an order, assets of it, since when and as of when: what a machine says of each asset, or
#: of the whole order (None).
Look = Callable[
    [WorkOrder, Collection[int], datetime, datetime],
    Mapping[int | None, Verdict],
]


@dataclass(frozen=True)
class EvidenceRule:
    """What a rule asks of whoever says that the work is done, and of what it can speak."""

    #: How a machine proves it; a person's word stands where the machine sees nothing.
    look: Look | None = None
    #: A person's word needs a picture.
    needs_photo: bool = False
    targets: frozenset[Target] = frozenset(Target)

    @property
    def is_machine(self) -> bool:
        return self.look is not None


def _antivirus(
    order: WorkOrder, assets: Collection[int], _since: datetime, at: datetime
) -> Mapping[int | None, Verdict]:
    wanted = assets or ([order.asset_id] if order.asset_id is not None else [])
    found: dict[int | None, Verdict] = dict(antivirus.look(wanted, at=at).items())
    if order.asset_id is not None and not assets:
        found[None] = found.pop(order.asset_id)
    return found


def _backup(
    order: WorkOrder, _assets: Collection[int], since: datetime, _at: datetime
) -> Mapping[int | None, Verdict]:
    if order.module_id is None:
        return {}
    return {None: backup_proof.look(order.module_id, since=since)}


RULES: Mapping[str, EvidenceRule] = MappingProxyType(
    {
        "attested": EvidenceRule(),
        "attested_photo": EvidenceRule(needs_photo=True),
        "antivirus_signatures": EvidenceRule(
            look=_antivirus, targets=frozenset({Target.ASSET, Target.TYPE})
        ),
        "verified_backup": EvidenceRule(look=_backup, targets=frozenset({Target.MODULE})),
    }
)
