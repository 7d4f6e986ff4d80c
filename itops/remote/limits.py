"""How long and how much we wait for, and how much we take."""

from dataclasses import dataclass

from itops.clock import monotonic
from itops.remote.errors import TimedOut


@dataclass(frozen=True)
class RemoteLimits:
    """Seconds for each stage and for all of them, and the most bytes of an output."""

    connect_seconds: float = 10
    banner_seconds: float = 10
    handshake_seconds: float = 15
    auth_seconds: float = 15
    run_seconds: float = 30
    total_seconds: float = 60
    output_bytes: int = 256 * 1024


DEFAULTS = RemoteLimits()


class Deadline:
    """The end of all stages together, and of each."""

    def __init__(self, total_seconds: float) -> None:
        self.ends = monotonic() + total_seconds

    def within(self, seconds: float) -> "Deadline":
        """Return the end of a stage of at most `seconds`."""
        stage = Deadline(seconds)
        stage.ends = min(stage.ends, self.ends)
        return stage

    def left(self, stage: str) -> float:
        """Return the seconds that are left. Raise TimedOut if none are."""
        left = self.ends - monotonic()
        if left <= 0:
            raise TimedOut(stage)
        return left
