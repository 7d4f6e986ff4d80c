"""One door for every JSON body that a program sends: bounded, strict, and it names what is wrong.

What a JSON library lets through and a database or a later reader trips over is refused here:
bombs, duplicate keys, NUL, lone surrogates, numbers beyond 64 bits, nests and crowds.
"""

import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import msgspec

from itops.errors import Invalid

T = TypeVar("T")

MOST_WIRE_BYTES = 1024 * 1024
MOST_BYTES = 8 * 1024 * 1024
LARGEST_INTEGER = 2**63 - 1
#: Where msgspec says at the end of its message in which field the trouble is.
PLACE = re.compile(r"(?P<reason>.*?)(?: - at `\$\.?(?P<field>.*)`)?", re.DOTALL)


@dataclass(frozen=True)
class Bounds:
    """How large a body may be in every way that costs us something."""

    depth: int = 16
    nodes: int = 2_000
    string: int = 4_096


class TooLarge(Invalid):
    """The body is larger than we read (413)."""


def unpacked(body: bytes, encoding: str) -> bytes:
    """Return a body without its Content-Encoding; never more than MOST_BYTES are made of it."""
    if encoding in {"", "identity"}:
        return body
    if encoding != "gzip":
        raise Invalid("wire.encoding", field="Content-Encoding", encoding=encoding[:40])
    inflating = zlib.decompressobj(wbits=31)
    try:
        text = inflating.decompress(body, MOST_BYTES + 1)
    except zlib.error:
        raise Invalid("wire.gzip") from None
    if len(text) > MOST_BYTES:
        raise TooLarge("wire.too_large", most=MOST_BYTES)
    if not inflating.eof or inflating.unused_data:
        raise Invalid("wire.gzip")
    return text


def checked(body: bytes, bounds: Bounds) -> Any:
    """Return the plain objects of a JSON text in which nothing hides. Raise Invalid."""
    try:
        body.decode()
        msgspec.json.decode(body)  # the grammar: no NaN, no BOM, no lone surrogates, no 1e999
        tree = json.loads(body, object_pairs_hook=unique)
    except RecursionError:
        raise Invalid("wire.too_deep", most=bounds.depth) from None
    except (ValueError, msgspec.MsgspecError):
        raise Invalid("wire.not_json") from None
    _measure(tree, bounds)
    return tree


def decoded(body: bytes, decoder: "msgspec.json.Decoder[T]", bounds: Bounds) -> T:
    """Return the body in the decoder's form, after every check. Raise Invalid."""
    checked(body, bounds)
    return shaped(lambda: decoder.decode(body))


def shaped(decode: Callable[[], T]) -> T:
    """Return what `decode` makes; say of its complaint which field it is about."""
    try:
        return decode()
    except msgspec.ValidationError as error:
        refuse_shape(error)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Invalid("wire.not_json") from None


def refuse_shape(error: msgspec.ValidationError) -> NoReturn:
    """Raise Invalid that names the field of msgspec's complaint."""
    found = PLACE.fullmatch(str(error))
    field, reason = (found["field"] or "", found["reason"]) if found else ("", str(error))
    unknown = re.search(r"unknown field `(.*)`", reason, re.DOTALL)
    if unknown:
        field = f"{field}.{unknown[1]}".lstrip(".")
        raise Invalid("wire.unknown_field", field=field[:200], name=field[:200]) from None
    raise Invalid(
        "wire.field", field=field[:200] or "$", name=field[:200], why=reason[:200]
    ) from None


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the pairs of an object as one; raise Invalid if a key stands there twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = Counter(name for name, _ in pairs)
        name = names.most_common(1)[0][0][:200]
        raise Invalid("wire.duplicate", field=name, name=name)
    return found


def count(tree: Any, bounds: Bounds) -> None:
    """Raise Invalid if there are more values in a tree, of lists and pairs, than the bounds let."""
    nodes, level = 0, [tree]
    while level:
        nodes += len(level)
        if nodes > bounds.nodes:
            raise Invalid("wire.too_many", most=bounds.nodes)
        level = [_value(part) for node in level if isinstance(node, list) for part in node]


def _value(part: Any) -> Any:
    return part[1] if isinstance(part, tuple) else part


def known_only(tree: Any, kind: Any) -> tuple[Any, list[str]]:
    """Given plain objects and a struct, return them without fields that the struct hasn't.

    The names of those that were left out come second.
    """
    unknown: list[str] = []
    return _pruned(tree, msgspec.inspect.type_info(kind), unknown), unknown


def _pruned(tree: Any, info: msgspec.inspect.Type, unknown: list[str]) -> Any:
    if isinstance(info, msgspec.inspect.UnionType):
        parts = (msgspec.inspect.StructType, msgspec.inspect.ListType)
        info = next((each for each in info.types if isinstance(each, parts)), info)
    if isinstance(info, msgspec.inspect.StructType) and isinstance(tree, dict):
        fields = {field.encode_name: field.type for field in info.fields}
        unknown += [name[:80] for name in tree if name not in fields and name != info.tag_field]
        known = {
            name: _pruned(tree[name], fields[name], unknown) for name in fields if name in tree
        }
        return {info.tag_field: info.tag, **known} if info.tag_field else known
    lists = (msgspec.inspect.ListType, msgspec.inspect.VarTupleType)
    if isinstance(info, lists) and isinstance(tree, list):
        return [_pruned(part, info.item_type, unknown) for part in tree]
    return tree


def _measure(tree: Any, bounds: Bounds) -> None:
    """Raise Invalid for what is nested, long or many beyond the bounds, or can't be stored."""
    level, depth, nodes = [tree], 0, 0
    while level:
        nodes += len(level)
        depth += 1
        if nodes > bounds.nodes:
            raise Invalid("wire.too_many", most=bounds.nodes)
        if depth > bounds.depth:
            raise Invalid("wire.too_deep", most=bounds.depth)
        level = [part for node in level for part in _parts(node, bounds)]


def _parts(node: Any, bounds: Bounds) -> Iterable[Any]:
    """Return what stands in a node, after a look at the node itself."""
    if isinstance(node, dict):
        for name in node:
            _check_text(name, bounds)
        return node.values()
    if isinstance(node, list):
        return node
    if isinstance(node, str):
        _check_text(node, bounds)
    elif isinstance(node, int) and not -LARGEST_INTEGER - 1 <= node <= LARGEST_INTEGER:
        raise Invalid("wire.number")
    return ()


def _check_text(text: str, bounds: Bounds) -> None:
    if len(text) > bounds.string:
        raise Invalid("wire.too_long", most=bounds.string)
    if "\0" in text:
        raise Invalid("wire.nul")
