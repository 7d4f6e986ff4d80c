r"""A quick look that proves most bodies harmless, so that few need the slow one.

`wire.checked` costs more than all else that happens to a report. What it guards against, beside
what decoding into a bounded form refuses by itself, is keys that stand twice, escapes (NUL,
surrogates) and crowds. In a text without escapes but `\\`, every quote begins or ends a string,
and all strings are keys or values of the form that was decoded, which has every key at least
once: if there are as many quotes as that form needs, no key is there twice.
"""

from itops.checks.host_report import Health

#: A node takes two bytes at least ("1,").
BYTES_OF_NODE = 2
#: Strings of the envelope (6 keys; spool, machine, agent) and of a health report (20 keys, its
#: kind, and the keys of cpu, memory and spool).
ENVELOPE_STRINGS = 6 + 3
HEALTH_STRINGS = 20 + 1 + 5 + 2 + 2


def strings_of(text: bytes) -> int:
    """Return how many strings a JSON text holds; -1 where quotes may be escaped."""
    if b"\\" in text:
        text = text.replace(b"\\\\", b"")
        if b"\\" in text:
            return -1
    return text.count(b'"') // 2


def is_small(text: bytes, most_nodes: int) -> bool:
    """Whether a text has too few bytes, or commas and brackets, for more nodes than `most`."""
    if len(text) <= most_nodes * BYTES_OF_NODE:
        return True
    return text.count(b",") + text.count(b"[") + text.count(b"{") < most_nodes


def expected_strings(report: Health) -> int:
    """Return how many strings a report's text has if no key is there twice."""
    strings = HEALTH_STRINGS
    if report.load is not None:
        strings += 3
    if report.swap is not None:
        strings += 2
    if report.disk_io is not None:
        strings += 3
    if report.network is not None:
        strings += 3
    if report.battery is not None:
        strings += 3
    for disk in report.disks:
        strings += 11 if disk.state == "ok" else 8
    strings += 4 * (len(report.temperatures) + len(report.unseen)) + 3 * len(report.fans)
    if report.services is not None:
        strings += 4 * len(report.services)
    return strings
