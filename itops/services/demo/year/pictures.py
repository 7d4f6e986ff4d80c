"""The demo's photos: small pictures of nothing, made here, so that no file has to be shipped."""

import struct
import zlib

WIDTH, HEIGHT = 96, 72


def picture(number: int) -> bytes:
    """Return a PNG of some soft colours that depend on a number."""
    rows = b"".join(b"\0" + bytes(_row(number, line)) for line in range(HEIGHT))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    parts = (_part(b"IHDR", header), _part(b"IDAT", zlib.compress(rows, 9)), _part(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _row(number: int, line: int) -> list[int]:
    shade = 90 + (number * 37 + line) % 110
    return [shade, (shade + 20) % 256, (shade + number * 11) % 256] * WIDTH


def _part(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
