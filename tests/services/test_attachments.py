"""Uploads are known by their content, whatever they are called; what runs scripts is refused."""

import struct
import zlib

import pytest

from itops.errors import Invalid
from itops.services.attachments import LARGEST_BYTES, examine
from tests.views.maintenance.forms import png


def jpeg(width: int = 4, height: int = 3, *, before: bytes = b"") -> bytes:
    frame = struct.pack(">BBHBHHB", 0xFF, 0xC0, 11, 8, height, width, 1) + b"\1\x11\0"
    exif = b"\xff\xe1" + struct.pack(">H", 2 + 6) + b"Exif\0\0"
    return b"\xff\xd8" + exif + before + frame + b"\xff\xda\0\2" + b"\xff\xd9"


def webp(width: int = 4, height: int = 3) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + size
    return b"RIFF" + struct.pack("<I", len(body)) + body


PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.mark.parametrize(
    ("content", "media_type", "ending"),
    [
        (png(), "image/png", ".png"),
        (jpeg(), "image/jpeg", ".jpg"),
        (webp(), "image/webp", ".webp"),
        (PDF, "application/pdf", ".pdf"),
    ],
)
def test_what_is_taken_is_known_by_its_content_and_gets_its_own_ending(content, media_type, ending):
    found = examine(content, "除尘前.exe")
    assert (found.media_type, found.name) == (media_type, f"除尘前{ending}")


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><svg/>",
        b"<!doctype html><script>alert(1)</script>",
        b"\xef\xbb\xbf<html>",
        b"  \n<script>alert(1)</script>",
        b"GIF89a" + b"\0" * 64,
        b"PK\x03\x04" + b"\0" * 64,
        b"MZ" + b"\0" * 64,
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n<script>alert(1)</script>",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff<html>alert(1)</html>" + b"\0" * 64,
        b"\xff\xd8\xff\xe1\x00\x00" * 20,
        b"RIFF\0\0\0\0WEBP",
        b"RIFF\0\0\0\0WEBPXXXX" + b"\0" * 64,
        b"%PDF-1.7 with no end",
        b"junk before %PDF-1.7\n%%EOF",
        b"\0" * 4096,
    ],
)
@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "a.svg", "x.html"])
def test_a_disguise_is_refused(content, name):
    with pytest.raises(Invalid, match=r"attachment\.not_taken"):
        examine(content, name)


def test_nothing_and_too_much_are_refused():
    with pytest.raises(Invalid, match=r"attachment\.empty"):
        examine(b"", "a.png")
    with pytest.raises(Invalid, match=r"attachment\.too_large"):
        examine(png() + b"\0" * LARGEST_BYTES, "a.png")


@pytest.mark.parametrize(
    "content", [png(60_000, 60_000), jpeg(65_535, 65_535), webp(1 << 24, 1 << 24)]
)
def test_a_small_file_that_would_unfold_into_gigabytes_of_pixels_is_refused(content):
    assert len(content) < 200
    with pytest.raises(Invalid, match=r"attachment\.too_many_pixels"):
        examine(content, "bomb")


def test_a_bomb_of_zeros_is_stored_as_it_came_and_never_unpacked():
    packed = zlib.compress(b"\0" * 10_000_000)
    bomb = png()[:33] + struct.pack(">I", len(packed)) + b"IDAT" + packed + png()[-12:]
    assert examine(bomb, "a.png").content == bomb


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd.png"),
        ("..\\..\\boot.ini", "boot.png"),
        ('a"; filename="evil.html', "a filenameevil.png"),
        ("line\r\nSet-Cookie: x", "lineSet-Cookie x.png"),
        ("\u202egnp.exe", "gnp.png"),
        ("", "file.png"),
        ("....", "file.png"),
        ("照片 1.jpeg", "照片 1.png"),
        ("x" * 400, "x" * 120 + ".png"),
        ("张三 11010519491231002X.png", "张三 110105________002X.png"),
    ],
)
def test_a_name_is_one_plain_part_of_a_path(given, kept):
    assert examine(png(), given).name == kept
