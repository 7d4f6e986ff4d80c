"""Bodies that nobody should send: nasty values in good forms, torn and bent texts, bombs."""

import copy
import gzip
import json
from collections.abc import Iterator
from random import Random
from typing import Any

#: JSON texts that a library accepts or chokes on.
NASTY_TEXTS = [
    "null", "true", '"text"', "[]", "{}", "NaN", "Infinity", "-Infinity", "1e999", "-1e999",
    "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1" * 400, "-0", "1.5",
    '"\\ud800"', '"\\udfff\\ud800"', '"a\\u0000b"', '"\\u202e<img src=x onerror=alert(1)>"',
    '"' + "x" * 5000 + '"', "[" * 50 + "]" * 50, "[" * 3000 + "]" * 3000,
    '{"a":1,"a":2}', "[1,2,3]", '"2026-13-45"', "1e15", "-1", '"𠮷"', '"=1+1"',
]  # fmt: skip
NASTY_BODIES = [
    b"", b" ", b"null", b"[]", b'"x"', b"1", b"{", b"}", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}",
    b"\x00", b"[" * 100_000, b'{"a":' * 20_000, b'{"schema":1}', b"\xed\xa0\x80", b"%PDF-1.4",
    b"a=1&b=2", b"<?xml version='1.0'?>", b'{"schema":1,"schema":1}', b"\x1f\x8b\x08\x00",
]  # fmt: skip
MARK = "@@nasty@@"


def bodies(good: dict[str, Any], count: int, random: Random) -> Iterator[tuple[bytes, str]]:
    """Give `count` bodies made from a good one, each with its Content-Encoding."""
    for number in range(count):
        if number < len(NASTY_BODIES):
            yield NASTY_BODIES[number], ""
            continue
        body = random.choice(WAYS)(good, random)
        if random.random() < 0.1:
            yield _packed(body, random), "gzip"
        else:
            yield body, ""


def _packed(body: bytes, random: Random) -> bytes:
    packed = bytearray(gzip.compress(body))
    if random.random() < 0.5:
        packed[random.randrange(len(packed))] ^= 1 << random.randrange(8)
    return bytes(packed)


def _replaced(good: dict[str, Any], random: Random) -> bytes:
    """Put something nasty in the place of some value."""
    bent = copy.deepcopy(good)
    holder, key = random.choice(list(_places(bent)))
    holder[key] = MARK
    return _text(bent).replace(f'"{MARK}"', random.choice(NASTY_TEXTS)).encode()


def _added(good: dict[str, Any], random: Random) -> bytes:
    """Add a key that is not known, or that stands there already."""
    bent = copy.deepcopy(good)
    dicts = [holder for holder, _ in _places(bent) if isinstance(holder, dict)]
    holder = random.choice(dicts)
    holder[MARK] = 1
    name = random.choice([*holder, "__proto__", "password", "\\u0061"])
    return _text(bent).replace(f'"{MARK}":1', f'"{name}":{random.choice(NASTY_TEXTS)}').encode()


def _removed(good: dict[str, Any], random: Random) -> bytes:
    bent = copy.deepcopy(good)
    holder, key = random.choice(list(_places(bent)))
    del holder[key]
    return _text(bent).encode()


def _torn(good: dict[str, Any], random: Random) -> bytes:
    text = _text(good).encode()
    return text[: random.randrange(len(text))]


def _flipped(good: dict[str, Any], random: Random) -> bytes:
    text = bytearray(_text(good).encode())
    for _ in range(random.randint(1, 4)):
        text[random.randrange(len(text))] = random.randrange(256)
    return bytes(text)


def _recoded(good: dict[str, Any], random: Random) -> bytes:
    return _text(good).encode(random.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig"]))


WAYS = [_replaced, _replaced, _replaced, _added, _removed, _torn, _flipped, _recoded]


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Give every place in a tree: what holds it, and under which key."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, below in list(pairs):
        yield value, key
        if isinstance(below, dict | list):
            yield from _places(below)
