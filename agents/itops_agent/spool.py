"""The durable queue of reports: numbered once, kept until the server has them, bounded.

A report is on the disk when `put` returns, and only then may it be sent. Numbers go up and are
never given twice: the newest file stays, even when all of it has arrived, until there is a newer
one. What has arrived is noted now and then, without waiting for the disk: if that note is lost,
reports are sent again and the server answers "already".
"""

from __future__ import annotations

import contextlib
import json
import os

from itops_agent import bounds, clock, config, dead_letters, locking, segments
from itops_agent.errors import SpoolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from itops_agent.records import Record

MAX_BYTES = 64 * 2**20
MAX_REPORTS = 30 * 24 * 60
#: After how many answers it is noted what has arrived. A crash before costs that many repetitions.
NOTE_EVERY = 10


class Spool:
    """The queue in one folder, owned by this process until `close`."""

    def __init__(
        self, folder: str, *, max_bytes: int = MAX_BYTES, max_reports: int = MAX_REPORTS
    ) -> None:
        self.folder = folder
        self.refused_folder = os.path.join(folder, "refused")
        self._max_bytes = max_bytes
        self._max_reports = max_reports
        self._handle: int | None = None
        self._unnoted = 0
        self._lock = self._own()
        self.dropped, done = self._noted()
        self._segments = self._load(done)
        self._next = max((segment.last for segment in self._segments), default=0) + 1
        self._spool = self._segments[-1].spool if self._segments else clock.draw_id()
        self._tidy()

    @property
    def waiting(self) -> int:
        """How many reports have not arrived yet."""
        return sum(segment.waiting for segment in self._segments)

    def put(self, report: Mapping[str, object]) -> int:
        """Store a report (its `kind` first) durably. Return its number. Raise SpoolError."""
        return self.put_bytes(bounds.dump(report))

    def put_bytes(self, report: bytes) -> int:
        """Store a report that is JSON already, in one line."""
        seq, self._next = self._next, self._next + 1  # a number whose write failed is not reused
        try:
            self._write(seq, report)
        except OSError as error:
            self._close_segment()
            self.dropped += 1
            raise SpoolError("spool.disk", folder=self.folder, why=config.reason(error)) from error
        return seq

    def batch(
        self, *, reports: int = bounds.REPORTS, skip: Collection[int] = ()
    ) -> tuple[str, list[Record]]:
        """Return the spool's id and the oldest reports that may travel in one body."""
        batch: list[Record] = []
        spool = ""
        nodes = size = 0
        for segment, record in self._waiting_records(skip):
            nodes, size = nodes + record.nodes, size + len(record.body) + 1
            is_too_much = nodes > bounds.BODY_NODES - 100 or size > bounds.BODY_BYTES - 10_000
            if batch and (is_too_much or not fits(batch, record) or segment.spool != spool):
                break
            spool = segment.spool
            batch.append(record)
            if len(batch) == reports:
                break
        return spool, batch

    def finish(self, seqs: Iterable[int]) -> None:
        """Forget the reports that the server has."""
        arrived = set(seqs)
        for segment in self._segments:
            segment.finish(arrived)
        self._tidy()
        self._unnoted += 1
        if self._unnoted >= NOTE_EVERY or self.waiting:
            self._note(durable=False)

    def bury(self, spool: str, record: Record, why: dict[str, object]) -> None:
        """Move a report to the dead letters."""
        dead_letters.keep(self.refused_folder, spool, record, why)
        self.finish([record.seq])

    def close(self) -> None:
        self._note(durable=False)
        self._close_segment()
        os.close(self._lock)

    # --- opening ---

    def _own(self) -> int:
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            config.keep_owner(self.folder, os.path.dirname(os.path.abspath(self.folder)))
            return locking.lock(os.path.join(self.folder, "lock"))
        except OSError as error:
            raise SpoolError("spool.disk", folder=self.folder, why=config.reason(error)) from error

    def _noted(self) -> tuple[int, dict[str, list[int]]]:
        """Return how many reports were ever dropped, and which numbers of each file arrived."""
        try:
            with open(self._note_path, encoding="utf-8") as file:
                note = json.load(file)
            return int(note["dropped"]), dict(note["done"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0, {}

    def _load(self, done: Mapping[str, list[int]]) -> list[segments.Segment]:
        for name in os.listdir(self.folder):
            if name.endswith(".new"):
                os.unlink(os.path.join(self.folder, name))
        found = []
        for name in segments.names(self.folder):
            segment = segments.load(self.folder, name)
            if segment is None:
                dead_letters.keep_damaged(self.refused_folder, os.path.join(self.folder, name))
                continue
            segment.finish(done.get(segment.name, []))
            found.append(segment)
        return found

    # --- writing ---

    def _write(self, seq: int, report: bytes) -> None:
        newest = self._segments[-1] if self._segments else None
        if self._handle is None or newest is None or newest.size >= segments.FULL_BYTES:
            self._begin_segment(seq, report)
        else:
            segments.append(newest, self._handle, seq, report)

    def _begin_segment(self, seq: int, report: bytes) -> None:
        self._close_segment()
        segment = segments.begin(self.folder, self._spool, seq, report)
        self._segments.append(segment)
        self._handle = os.open(segment.path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0))
        self._tidy()
        for full in self._segments[:-1]:
            if not full.is_packed:
                full.pack()
        self._make_room()

    def _close_segment(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    # --- keeping within bounds ---

    def _tidy(self) -> None:
        """Delete the files of which everything arrived, but for the newest."""
        for segment in [each for each in self._segments[:-1] if not each.waiting]:
            self._segments.remove(segment)
            segment.delete()

    def _make_room(self) -> None:
        """Drop the oldest health reports until both bounds hold; only then anything else."""
        for kinds in ({"health"}, {"health", "inventory", "farewell"}):
            for segment in self._segments[:-1]:
                if not self._is_too_full():
                    return
                self._drop(segment, kinds)

    def _is_too_full(self) -> bool:
        size = sum(segment.size for segment in self._segments)
        return size > self._max_bytes or self.waiting > self._max_reports

    def _drop(self, segment: segments.Segment, kinds: Collection[str]) -> None:
        """Count first, durably, then delete: after a crash between, the count is still right."""
        dropped = [each.seq for each in segment.records() if each.kind in kinds]
        if not dropped:
            return
        segment.finish(dropped)
        self.dropped += len(dropped)
        self._note(durable=True)
        if segment.waiting:
            segment.pack()
        self._tidy()

    @property
    def _note_path(self) -> str:
        return os.path.join(self.folder, "state.json")

    def _note(self, *, durable: bool) -> None:
        self._unnoted = 0
        done = {each.name: sorted(each.done) for each in self._segments if each.done}
        note = json.dumps({"dropped": self.dropped, "done": done}, separators=(",", ":"))
        with contextlib.suppress(OSError):
            config.write_private(self._note_path, note.encode(), mode=0o600, durable=durable)

    def _waiting_records(self, skip: Collection[int]) -> Iterator[tuple[segments.Segment, Record]]:
        for segment in self._segments:
            if segment.waiting:
                yield from ((segment, each) for each in segment.records() if each.seq not in skip)


def fits(batch: list[Record], record: Record) -> bool:
    """Say whether both may travel in one body; an inventory travels alone."""
    return record.kind != "inventory" and batch[0].kind != "inventory"
