"""The parameters and limits of a check in words, as its page shows them."""

from typing import Any

from itops.checks import parameters
from itops.checks.catalogue import CHECKS
from itops.checks.kind import read_limits
from itops.errors import ItopsError
from itops.models import Check
from itops.services.checking import facts
from itops.views.answering.frame import reader
from itops.views.answering.language import t
from itops.views.showing.formats import amount


def told_params(check: Check) -> list[tuple[str, str]]:
    """Return (name, value) of each parameter that is set."""
    kind = CHECKS.get(check.kind)
    if kind is None:
        return []
    return [
        (t(one.key), _told(value))
        for one in parameters.asked_by(kind.params)
        if (value := check.params.get(one.name, one.default)) not in (None, "", [], ())
    ]


def told_limits(check: Check) -> list[tuple[str, str]]:
    """Return (name, "Warning 85 %, Critical 95 %") of each figure that has limits."""
    kind = CHECKS.get(check.kind)
    if kind is None:
        return []
    try:
        found = read_limits(kind, check.limits)
    except ItopsError:
        return []
    told = []
    for field in kind.limits:
        pair = found[field.name]
        marks = [
            t("host.limit_at", state=t(f"state.{state}"), value=_amount(value, field.unit.value))
            for state, value in (("warning", pair.warning), ("critical", pair.critical))
            if value is not None
        ]
        told.append((t(field.key), t("format.comma").join(marks) or t("checks.no_limit")))
    return told


def _told(value: Any) -> str:
    """Return a parameter in words: yes and no are the reader's."""
    return (
        t("checks.yes" if value else "checks.no")
        if isinstance(value, bool)
        else facts.as_typed(value)
    )


def _amount(value: float, unit: str) -> str:
    return amount(value, unit, reader())
