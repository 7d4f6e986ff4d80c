"""Verify an export of itops' audit log, by itself: Python 3.8 or newer and nothing else.

    python3 verify.py [EXPORT.zip or its unpacked folder] [--seals FILE]

An entry's hash is that of a JSON array in UTF-8 without spaces: "itops-audit-1", then id,
algorithm, previous_hash, at, actor_id, actor_name, address, action, subject_kind, subject_id,
subject_name, before, after and result, as they stand in entries.jsonl (before and after are
texts there).

Exit codes: 0 the log is whole; 1 it can't be read; 2 it is not whole.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import sys
import zipfile
import zlib
from typing import IO, Any, Callable, Iterable, Iterator

FORM, ANCHOR_FORM = "itops-audit-1", "itops-audit-anchor-1"
GENESIS = "0" * 64
FACTS = (
    *("id", "algorithm", "previous_hash", "at", "actor_id", "actor_name", "address", "action"),
    *("subject_kind", "subject_id", "subject_name", "before", "after", "result"),
)
#: What an export consists of, and more than any line of it holds.
FILES = ("anchors.jsonl", "entries.jsonl", "seals.jsonl")
LONGEST_LINE, MOST_TOLD = 1 << 24, 50
#: What was found, in Chinese and in English.
SAYS = {
    "edited": ("第 {n} 条被改过：内容与散列值不符", "entry {n} was edited: its hash is another"),
    "unlinked": (
        "第 {n} 条与前一条不衔接：此处有改动、移动、插入或删除",
        "entry {n} doesn't follow the one before it: changed, moved, put in or taken out",
    ),
    "missing": ("从第 {n} 条起有缺失或次序颠倒", "from entry {n} on, entries are gone or moved"),
    "unsealed": ("第 {n} 条与封印不符：日志被重写过", "entry {n} isn't the one that was sealed"),
    "truncated": (
        "第 {n} 条曾被封印，现已不在：末尾被截去",
        "entry {n} was sealed and is gone: the end was cut off",
    ),
    "end": ("末尾与清单不符：清单写到第 {n} 条", "the end isn't the manifest's: it says entry {n}"),
    "anchor": (
        "起点（第 {n} 条之后）不是按保存期清理时设下的",
        "the start after entry {n} was not set by retention",
    ),
    "file": ("文件与清单不符（第 {n} 个）", "file {n} of the manifest isn't the one exported"),
    "unreadable": ("第 {n} 行无法读取", "line {n} can't be read"),
}


def rotated(word: int, by: int) -> int:
    """Return a word of 32 bits rotated to the left."""
    by %= 32
    return ((word << by) | (word >> (32 - by))) & 0xFFFFFFFF


def sm3_block(state: list[int], block: bytes) -> list[int]:
    """Return the state of SM3 (GB/T 32905) after one more block of 64 bytes."""
    w = [int.from_bytes(block[i : i + 4], "big") for i in range(0, 64, 4)]
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ rotated(w[j - 3], 15)
        w.append(x ^ rotated(x, 15) ^ rotated(x, 23) ^ rotated(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        constant = 0x79CC4519 if j < 16 else 0x7A879D8A
        ss1 = rotated((rotated(a, 12) + e + rotated(constant, j)) & 0xFFFFFFFF, 7)
        ss2 = ss1 ^ rotated(a, 12)
        ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
        gg = e ^ f ^ g if j < 16 else (e & f) | (~e & g)
        tt1 = (ff + d + ss2 + (w[j] ^ w[j + 4])) & 0xFFFFFFFF
        tt2 = (gg + h + ss1 + w[j]) & 0xFFFFFFFF
        a, b, c, d = tt1, a, rotated(b, 9), c
        e, f, g, h = tt2 ^ rotated(tt2, 9) ^ rotated(tt2, 17), e, rotated(f, 19), g
    return [old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h))]


def sm3_of_ours(content: bytes) -> str:
    """Return SM3 in hexadecimal digits.

    >>> sm3_of_ours(b"abc")
    '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'
    """
    state = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600]
    state += [0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    padded = content + b"\x80" + b"\x00" * ((55 - len(content)) % 64)
    padded += (8 * len(content)).to_bytes(8, "big")
    for start in range(0, len(padded), 64):
        state = sm3_block(state, padded[start : start + 64])
    return "".join("%08x" % word for word in state)


def sm3(content: bytes) -> str:
    """Return SM3 by OpenSSL where it has it, else by ourselves."""
    try:
        return hashlib.new("sm3", content).hexdigest()
    except ValueError:
        return sm3_of_ours(content)


DIGESTS: dict[str, Callable[[bytes], str]] = {
    "sha256": lambda content: hashlib.sha256(content).hexdigest(),
    "sm3": sm3,
}


def digest(algorithm: str, facts: list[Any]) -> str | None:
    """Return the hash of a list of facts, or None for a function that we don't know."""
    line = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    function = DIGESTS.get(algorithm)
    return function(line.encode("utf-8", "surrogatepass")) if function else None


class Export:
    """An export, packed or unpacked."""

    def __init__(self, path: str) -> None:
        self.folder = path if os.path.isdir(path) else None
        self.packed = None if self.folder else zipfile.ZipFile(path)

    def open(self, name: str) -> IO[bytes]:
        """Return a file of the export."""
        if self.packed:
            return self.packed.open(name)
        return open(os.path.join(str(self.folder), name), "rb")

    def lines(self, name: str) -> Iterator[str]:
        """Yield the lines of a file that are not empty."""
        with self.open(name) as file:
            text = io.TextIOWrapper(file, "utf-8", errors="surrogateescape", newline="\n")
            for line in iter(lambda: text.readline(LONGEST_LINE), ""):
                if line.strip():
                    yield line

    def hash_of(self, name: str) -> str:
        """Return the SHA-256 of a file."""
        made = hashlib.sha256()
        with self.open(name) as file:
            for part in iter(lambda: file.read(1 << 20), b""):
                made.update(part)
        return made.hexdigest()


class Walk:
    """A walk along the chain, and what was wrong on the way."""

    def __init__(self, seals: dict[int, set[str]]) -> None:
        self.faults: list[tuple[str, int]] = []
        self.seals = seals
        self.found = self.entries = self.last = self.compared = 0
        self.hash = GENESIS
        self.cuts: list[str] = []

    def blame(self, kind: str, position: Any) -> None:
        """Count a fault, and write the first ones down."""
        self.found += 1
        if self.found <= MOST_TOLD:
            self.faults.append((kind, position if isinstance(position, int) else 0))

    def read(self, number: int, line: str) -> None:
        """Take the entry of a line, if it is one."""
        try:
            self.take(json.loads(line))
        except (ValueError, KeyError, TypeError, RecursionError):
            self.blame("unreadable", number)

    def take(self, entry: dict[str, Any]) -> None:
        """Compare an entry with itself, with the one before and with a seal."""
        position, own = link(entry["id"], entry["hash"])
        if position != self.last + 1:
            self.blame("missing", self.last + 1)
        if entry["previous_hash"] != self.hash:
            self.blame("unlinked", position)
        if digest(entry["algorithm"], [FORM] + [entry[name] for name in FACTS]) != own:
            self.blame("edited", position)
        if position in self.seals:
            self.compared += 1
            if self.seals[position] != {own}:
                self.blame("unsealed", position)
        if entry["action"] == "audit.cut":
            self.cuts.append(str(entry["after"]))
        self.entries += 1
        self.last, self.hash = position, own


def link(position: Any, own: Any) -> tuple[int, str]:
    """Return a number and a hash as they stand in an export. Raise ValueError if they are none."""
    if type(position) is not int or len(own) != len(GENESIS) or set(own) - set("0123456789abcdef"):
        raise ValueError("no hash of an entry")
    return position, own


def check_anchors(anchors: list[dict[str, Any]], walk: Walk) -> None:
    """Find an anchor that no cut of the log speaks of."""
    previous = GENESIS
    for one in anchors:
        facts = [ANCHOR_FORM, one["algorithm"], one["previous_hash"], one["position"], one["hash"]]
        made = digest(one["algorithm"], [*facts, one["at"]])
        if one["previous_hash"] != previous or made is None or made != one["own_hash"]:
            walk.blame("anchor", one["position"])
        previous = one["own_hash"]
    if anchors and not any('"%s"' % previous in told for told in walk.cuts):
        walk.blame("anchor", anchors[-1]["position"])


def read_seals(lines: Iterable[str], seals: dict[int, set[str]]) -> None:
    """Add the seals of a file."""
    for line in lines:
        if line.strip():
            seal = json.loads(line)
            seals.setdefault(int(seal["position"]), set()).add(seal["hash"])


def verify(export: Export, more_seals: list[str]) -> Walk:
    """Return the walk along an export's chain."""
    with export.open("manifest.json") as file:
        manifest = json.loads(file.read(LONGEST_LINE))
    seals: dict[int, set[str]] = {}
    read_seals(export.lines("seals.jsonl"), seals)
    for path in more_seals:
        with open(path, encoding="utf-8") as lines:
            read_seals(lines, seals)
    anchors = [json.loads(line) for line in export.lines("anchors.jsonl")]
    walk = Walk(seals)
    if anchors:
        walk.last, walk.hash = link(anchors[-1]["position"], anchors[-1]["hash"])
    for number, line in enumerate(export.lines("entries.jsonl"), start=1):
        walk.read(number, line)
    check_anchors(anchors, walk)
    check_end(manifest, walk)
    check_files(export, manifest["sha256"], walk)
    return walk


def check_end(manifest: dict[str, Any], walk: Walk) -> None:
    """Find entries that are gone at the end: the seals and the manifest know of them."""
    for position in sorted(walk.seals):
        if position > walk.last:
            walk.blame("truncated", position)
    if (manifest["last"], manifest["hash"]) != (walk.last, walk.hash):
        walk.blame("end", manifest["last"])


def check_files(export: Export, hashes: dict[str, str], walk: Walk) -> None:
    """Find a file that is not the one that was exported."""
    for number, name in enumerate(sorted({*hashes, *FILES}), start=1):
        if name not in FILES or export.hash_of(name) != hashes.get(name):
            walk.blame("file", number)


def tell(walk: Walk) -> None:
    """Print what was found, in Chinese and in English."""
    for kind, position in walk.faults:
        for sentence in SAYS[kind]:
            print(sentence.format(n=position))
    if walk.found > MOST_TOLD:
        print("…… %d" % (walk.found - MOST_TOLD))
    figures = (walk.entries, walk.last, walk.compared)
    if walk.faults:
        print("日志不完整。已读 %d 条，止于第 %d 条，比对封印 %d 个。" % figures)
        print("The log is NOT whole: %d entries, the last is %d. Seals compared: %d." % figures)
    else:
        print("日志完整。共 %d 条，止于第 %d 条，比对封印 %d 个。" % figures)
        print("The log is whole: %d entries, the last is %d. Seals compared: %d." % figures)
    print("散列值 hash: %s" % walk.hash)


#: In how many ways a file can be none of ours.
UNREADABLE = (
    *(OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, ArithmeticError),
    *(EOFError, MemoryError, zipfile.BadZipFile, zlib.error),
)


def main(arguments: list[str]) -> int:
    """Verify what the command line names; return the exit code."""
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("export", nargs="?", default=here)
    parser.add_argument("--seals", action="append", default=[], metavar="FILE")
    given = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        walk = verify(Export(given.export), given.seals)
    except UNREADABLE as reason:
        why = "".join(one if one.isprintable() else "?" for one in str(reason))
        print("无法读取导出文件：%s\nThe export can't be read: %s" % (why, why))
        return 1
    tell(walk)
    return 2 if walk.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
