"""Photos and documents of tickets and orders: known by their content, whatever they are called."""

import hashlib
import re
import secrets
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from itops.db import db
from itops.errors import Invalid
from itops.models import Attachment, Evidence, Ticket, WorkOrder
from itops.services.auditing import Actor
from itops.services.patient_screen import screen

LARGEST_BYTES = 10 * 1024 * 1024
#: More picture than any camera takes: a small file that would fill a reader's memory.
MOST_PIXELS = 120_000_000
LONGEST_NAME = 120
JPEG_WITH_SIZE = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
#: A PDF says how it ends within its last bytes.
PDF_TAIL = 2048


@dataclass(frozen=True)
class Kind:
    """A type of file that is taken: how its content is known, and its ending."""

    media_type: str
    ending: str
    #: Given the content, return (width, height), or (0, 0) for what is no picture; None: not it.
    measure: Callable[[bytes], tuple[int, int] | None]


@dataclass(frozen=True)
class Upload:
    """A file that was looked at and may be stored."""

    content: bytes
    name: str
    media_type: str

    @property
    def is_picture(self) -> bool:
        return self.media_type.startswith("image/")


def examine(content: bytes, name: str) -> Upload:
    """Return what was uploaded if it may be stored; raise Invalid with the reason if not."""
    if not content:
        raise Invalid("attachment.empty", field="file")
    if len(content) > LARGEST_BYTES:
        raise Invalid("attachment.too_large", field="file", n=LARGEST_BYTES // 1024**2)
    for kind in KINDS:
        size = kind.measure(content)
        if size is not None:
            if size[0] * size[1] > MOST_PIXELS:
                raise Invalid("attachment.too_many_pixels", field="file")
            return Upload(content, _name(name, kind), kind.media_type)
    raise Invalid("attachment.not_taken", field="file")


def store(
    upload: Upload,
    *,
    for_: Ticket | WorkOrder,
    evidence: Evidence | None = None,
    by: Actor,
    at: datetime,
) -> Attachment:
    """Keep an examined upload with the ticket or order that it belongs to.

    The caller has seen to it that the person may write there.
    """
    row = Attachment(
        code=secrets.token_hex(16),
        name=upload.name,
        media_type=upload.media_type,
        size_bytes=len(upload.content),
        sha256=hashlib.sha256(upload.content).hexdigest(),
        content=upload.content,
        ticket_id=for_.id if isinstance(for_, Ticket) else None,
        order_id=for_.id if isinstance(for_, WorkOrder) else None,
        evidence_id=evidence.id if evidence else None,
        at=at,
        by=by.name,
    )
    db.session.add(row)
    db.session.flush()
    return row


def _name(given: str, kind: Kind) -> str:
    """Return a name to show and to save under: one path part, plain, with the right ending.

    Pictures of screens are often called by what is on them: the patient's number.
    """
    last = screen(re.split(r"[/\\]", given)[-1]).text.replace("*", "_")
    stem = last.rpartition(".")[0] or last
    kept = "".join(c for c in stem if c.isalnum() or c in " -_().")[:LONGEST_NAME].strip(" .")
    return f"{kept or 'file'}{kind.ending}"


def _png(content: bytes) -> tuple[int, int] | None:
    head = content[:24]
    is_png = head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR" and len(head) == 24
    return struct.unpack(">II", head[16:24]) if is_png else None


def _jpeg(content: bytes) -> tuple[int, int] | None:
    """Walk through the segments to the one that holds the size."""
    if not content.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in JPEG_WITH_SIZE:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        else:
            at += 2 + struct.unpack(">H", content[at + 2 : at + 4])[0]
    return None


def _webp(content: bytes) -> tuple[int, int] | None:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP" or len(content) < 30:
        return None
    kind = content[12:16]
    if kind == b"VP8X":
        return (
            int.from_bytes(content[24:27], "little") + 1,
            int.from_bytes(content[27:30], "little") + 1,
        )
    if kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _pdf(content: bytes) -> tuple[int, int] | None:
    is_pdf = content.startswith(b"%PDF-") and b"%%EOF" in content[-PDF_TAIL:]
    return (0, 0) if is_pdf else None


#: What is taken. No SVG, HTML, office file or archive: they run scripts or unfold.
KINDS = (
    Kind("image/jpeg", ".jpg", _jpeg),
    Kind("image/png", ".png", _png),
    Kind("image/webp", ".webp", _webp),
    Kind("application/pdf", ".pdf", _pdf),
)
