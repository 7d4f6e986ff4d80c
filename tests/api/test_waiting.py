"""Who waits for the writer's word is let go in time, and nobody else."""

import asyncio

from itops.api.waiting import Failure, Patience, Promised, keep_all
from itops.services.intake.messages import Delivery, Envelope
from tests.loops import finished


def words_after(seconds, *, patience, look):
    """Return what two who wait are told: one whose word came at once, and one whose never did."""

    async def wait():
        loop = asyncio.get_running_loop()
        watching = Patience(patience_seconds=patience, look_seconds=look)
        told, late = loop.create_future(), loop.create_future()
        for future in (told, late):
            watching.watch(future, loop)
        told.set_result("word")
        return await told, await asyncio.wait_for(late, seconds)

    return finished(wait())


def test_who_waits_too_long_is_told_to_come_again():
    assert words_after(20, patience=0.02, look=0.01) == ("word", Failure.BUSY)


def test_a_word_that_comes_late_hurts_nobody():
    async def wait():
        future = asyncio.get_running_loop().create_future()
        future.set_result(Failure.BUSY)
        envelope = Envelope(1, "a" * 32, "b" * 64, "0.1.0", 0.0, [])
        delivery = Delivery("c" * 32, b"", "10.0.0.9", 0.0, envelope, [])
        keep_all([Promised(delivery, future)])
        return await future

    assert finished(wait()) is Failure.BUSY
