"""The resolutions of history, and the windows of time that a block of each stands for."""

from dataclasses import dataclass

HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True)
class Resolution:
    """How far two figures are apart, and how long the window of one block is."""

    step_seconds: int
    window_seconds: int

    def start_of(self, owner_id: int, at_seconds: int) -> int:
        """Return the start of the window of `owner_id` that holds `at_seconds`.

        Windows begin at another hour for one owner than for the next, so that not all of them are
        packed at once; shorter windows nest in longer ones, and slots in both.
        """
        shift = owner_id % (SAMPLES.window_seconds // HOUR) * HOUR
        return (at_seconds - shift) // self.window_seconds * self.window_seconds + shift


#: Every sample, about a minute apart, with its own time.
SAMPLES = Resolution(60, 6 * HOUR)
FIVE_MINUTES = Resolution(300, 2 * DAY)
HOURS = Resolution(HOUR, 30 * DAY)

RESOLUTIONS = {one.step_seconds: one for one in (SAMPLES, FIVE_MINUTES, HOURS)}
#: Those that are lowest, mean and highest of a slot.
ROLL_UPS = (FIVE_MINUTES, HOURS)
