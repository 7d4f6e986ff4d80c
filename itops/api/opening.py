"""Opens a body of reports: the envelope as a whole, each report for itself."""

import json
from collections import Counter
from typing import Any

import msgspec

from itops.api import plainness, wire
from itops.api.wire import Bounds
from itops.checks.host_inventory import Inventory
from itops.checks.host_report import SCHEMA, Farewell, Health
from itops.errors import Invalid, Message
from itops.services.intake.messages import Envelope, Refusal, Report

BODY = Bounds(nodes=60_000)
REPORT = Bounds(nodes=2_000)
INVENTORY = Bounds(nodes=100_000)
#: How often a newer agent sent a field that we don't know, since the start.
unknown_fields: Counter[str] = Counter()


class _Numbered(msgspec.Struct):
    """A report of which only the number is wanted."""

    seq: int
    kind: str = ""


KINDS: dict[str, type[msgspec.Struct]] = {
    "health": Health,
    "inventory": Inventory,
    "farewell": Farewell,
}
_envelopes = msgspec.json.Decoder(Envelope)
_newer_envelopes = msgspec.json.Decoder(
    msgspec.defstruct("NewerEnvelope", list(Envelope.__annotations__.items()))
)
_reports: msgspec.json.Decoder[Report] = msgspec.json.Decoder(Report)
_numbered = msgspec.json.Decoder(_Numbered)


def opened(body: bytes) -> tuple[Envelope, list[tuple[Report, bytes]], list[Refusal]]:
    """Return the envelope, the good reports with their texts, and why the others are refused.

    Raise Invalid if the body as a whole can't be read.
    """
    if not body.isascii():
        wire.shaped(body.decode)
    schema = _schema_of(body)
    if schema > SCHEMA:
        envelope = _newer_envelope(body)
    else:
        envelope = wire.shaped(lambda: _envelopes.decode(body))
    texts = [bytes(raw) for raw in envelope.reports]
    envelope.reports.clear()
    plain = _plain(body, texts) if schema <= SCHEMA else None
    if plain is not None:
        return envelope, plain, []
    counts = [plainness.strings_of(text) for text in texts]
    _check_envelope(body, counts)
    good: list[tuple[Report, bytes]] = []
    refused: list[Refusal] = []
    for text, strings in zip(texts, counts, strict=True):
        try:
            report = _report(text, strings) if schema <= SCHEMA else _newer_report(text)
        except Invalid as invalid:
            refused.append(_refusal(text, invalid))
        else:
            good.append((report, text))
    return envelope, good, refused


def _plain(body: bytes, texts: list[bytes]) -> list[tuple[Report, bytes]] | None:
    """Return the reports of a body in which one look finds nothing but good health; None if not.

    No report can have fewer strings than its form, so the sum is right only if each of them is.
    """
    good: list[tuple[Report, bytes]] = []
    strings = plainness.ENVELOPE_STRINGS
    try:
        for text in texts:
            report = _reports.decode(text)
            if not isinstance(report, Health) or not plainness.is_small(text, REPORT.nodes):
                return None
            strings += plainness.expected_strings(report)
            good.append((report, text))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    is_small = plainness.is_small(body, BODY.nodes)
    return good if is_small and plainness.strings_of(body) == strings else None


class _Schema(msgspec.Struct):
    schema: int


_schemas = msgspec.json.Decoder(_Schema)


def _schema_of(body: bytes) -> int:
    """Return the schema; nearly all bodies begin with it."""
    if body.startswith(b'{"schema":1,'):
        return 1
    return wire.shaped(lambda: _schemas.decode(body)).schema


def _check_envelope(body: bytes, counts: list[int]) -> None:
    """Raise Invalid for a key that stands twice in the envelope, or a crowd in the body."""
    bounds = INVENTORY if len(counts) == 1 else BODY
    strings = plainness.strings_of(body)
    is_plain = min(counts) >= 0 and strings - sum(counts) == plainness.ENVELOPE_STRINGS
    if is_plain and plainness.is_small(body, bounds.nodes):
        return
    try:
        top = json.loads(body, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        raise Invalid("wire.not_json") from None
    wire.unique(top)
    wire.count(top, bounds)


class _Pairs(list[tuple[str, Any]]):
    """An object's pairs as they stand in the text."""


def _report(text: bytes, strings: int) -> Report:
    """Return one report of our own schema. Raise Invalid."""
    report = wire.shaped(lambda: _reports.decode(text))
    is_plain = isinstance(report, Health) and strings == plainness.expected_strings(report)
    if is_plain and plainness.is_small(text, REPORT.nodes):
        return report
    wire.checked(text, INVENTORY if isinstance(report, Inventory) else REPORT)
    return report


def _newer_envelope(body: bytes) -> Envelope:
    newer = wire.shaped(lambda: _newer_envelopes.decode(body))
    return Envelope(**{name: getattr(newer, name) for name in Envelope.__struct_fields__})


def _newer_report(text: bytes) -> Report:
    """Return what we know of a report of a newer schema; the rest is counted."""
    numbered = wire.shaped(lambda: _numbered.decode(text))
    kind = KINDS.get(numbered.kind)
    if kind is None:
        raise Invalid("wire.field", field="kind", name="kind", why=numbered.kind[:40])
    tree = wire.checked(text, INVENTORY if kind is Inventory else REPORT)
    known, unknown = wire.known_only(tree, kind)
    unknown_fields.update(unknown)
    report: Report = wire.shaped(lambda: msgspec.convert(known, Report))
    return report


def _refusal(text: bytes, invalid: Invalid) -> Refusal:
    """Return why one report is refused. Raise Invalid for the body if it has no number."""
    try:
        number = _numbered.decode(text).seq
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Invalid("report.no_number", field="reports.seq") from invalid
    field = invalid.fields[0].field if invalid.fields else ""
    return Refusal(number, Message("report.invalid", {"why": invalid.message}), field)
