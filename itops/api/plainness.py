r"""A quick look that proves most bodies harmless, so that few need the slow one.

`wire.checked` costs more than all else that happens to a report. What it guards against, beside
what decoding into a bounded form refuses by itself, is hidden keys (duplicates), escapes (NUL,
surrogates) and crowds. Where a text has no escapes but `\\`, every quote in it ends or begins a
string, so the pairs can be counted; where the form that was decoded has as many, there is no
duplicate. The count can only be too high (a string may begin with a colon), and what does not
agree goes the slow way.
"""

from itops.checks.host_report import Health

#: A node takes two bytes at least ("1,").
BYTES_OF_NODE = 2
#: Pairs of the envelope; of a health report with its cpu, memory and spool.
ENVELOPE_PAIRS = 6
HEALTH_PAIRS = 20 + 5 + 2 + 2


def pairs_of(text: bytes) -> int:
    """Return how many keys a JSON text has at least as many of; -1 where that can't be told."""
    if b"\\" in text:
        text = text.replace(b"\\\\", b"")
        if b"\\" in text:
            return -1
    if b" :" in text or b"\t:" in text or b"\n:" in text or b"\r:" in text:
        return -1
    return text.count(b'":')


def is_small(text: bytes, most_nodes: int) -> bool:
    """Whether a text has too few bytes, or commas and brackets, for more nodes than `most`."""
    if len(text) <= most_nodes * BYTES_OF_NODE:
        return True
    return text.count(b",") + text.count(b"[") + text.count(b"{") < most_nodes


def expected_pairs(report: Health) -> int:
    """Return how many pairs a report's text has if every field is there, and there once."""
    pairs = HEALTH_PAIRS
    if report.load is not None:
        pairs += 3
    if report.swap is not None:
        pairs += 2
    if report.disk_io is not None:
        pairs += 3
    if report.network is not None:
        pairs += 3
    if report.battery is not None:
        pairs += 3
    for disk in report.disks:
        pairs += 7 if disk.state == "ok" else 4
    pairs += 3 * len(report.temperatures) + 2 * (len(report.fans) + len(report.unseen))
    if report.services is not None:
        pairs += 2 * len(report.services)
    return pairs
