"""Lets reports that come often, but one by one, go on together.

A report costs eight times its work when it comes alone: by then the processor has forgotten how it
is done, and a transaction for each costs three times one for many. A fleet doesn't mind a moment.
"""

import asyncio

from itops.clock import monotonic

#: How long the first waits for others.
COMPANY_SECONDS = 0.25
#: How often is often, in reports a second, and from when on they are company by themselves.
OFTEN, MOST_OFTEN = 20, 500
#: So many don't wait for more. Who sends the next only after an answer would else be held to what
#: all of them send in a moment, which is "often" for ever.
ENOUGH = 32


class Rate:
    """Whether reports came often in the last whole second, but not so often that they queue."""

    def __init__(self) -> None:
        self._began = 0.0
        self._count = 0
        self._is_often = False

    def add(self, count: int) -> None:
        """Count reports that came."""
        self._count += count

    def is_often(self, now: float) -> bool:
        """Return what the last whole second says."""
        if now - self._began >= 1.0:
            self._is_often = OFTEN <= self._count <= MOST_OFTEN and now - self._began < 2.0
            self._began, self._count = now, 0
        return self._is_often


class Company:
    """Who waits at the entrance. All of it happens on the server's loop."""

    def __init__(self) -> None:
        self._rate = Rate()
        self._departure: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._count = 0

    async def gathered(self) -> None:
        """Return at once, or together with all who came within a moment."""
        self._rate.add(1)
        if not self._rate.is_often(monotonic()):
            return
        if self._departure is None:
            loop = asyncio.get_running_loop()
            self._departure = loop.create_future()
            self._timer = loop.call_later(COMPANY_SECONDS, self._depart)
        self._count += 1
        departure = self._departure
        if self._count >= ENOUGH:
            self._depart()
        await departure

    def _depart(self) -> None:
        departure, self._departure = self._departure, None
        self._count = 0
        if self._timer is not None:
            self._timer.cancel()
        if departure is not None:
            departure.set_result(None)
