"""What stands beside a finding: the limit that it passed, how often, and who says so."""

from itops.checks.host_limits import DEFAULTS, HostLimits, Rule
from itops.views.answering.frame import reader
from itops.views.answering.language import t
from itops.views.showing.formats import amount


def limit_text(name: str) -> str:
    """Given a finding's name ("disk:/srv"), return its limits in words; "" if it has none."""
    found = _rule(name, DEFAULTS)
    if found is None:
        return ""
    rule, unit = found
    marks = [
        t("host.limit_at", state=t(f"state.{state}"), value=amount(value, unit, reader()))
        for state, value in (("warning", rule.limits.warning), ("critical", rule.limits.critical))
        if value is not None
    ]
    if rule.in_a_row > 1:
        marks.append(t("host.in_a_row", n=rule.in_a_row))
    return t("host.limits", limits=marks)


def _rule(name: str, limits: HostLimits) -> tuple[Rule, str] | None:
    if name.endswith(":inodes"):
        return limits.inodes, "%"
    rules = {
        "cpu": (limits.cpu, "%"),
        "memory": (limits.memory, "%"),
        "swap": (limits.swap, "%"),
        "disk": (limits.disk_used, "%"),
        "temperature": (limits.temperature, "°C"),
        "clock": (limits.clock_skew, "s"),
        "battery": (limits.battery, "%"),
        "antivirus": (limits.antivirus_age, "s"),
    }
    return rules.get(name.partition(":")[0])
