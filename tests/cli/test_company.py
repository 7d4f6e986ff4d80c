"""When reports wait at the entrance for others, and when they do not."""

import asyncio

from itops.cli.company import COMPANY_SECONDS, ENOUGH, MOST_OFTEN, OFTEN, Company, Rate
from tests.loops import finished


def seconds_of(rate, counts):
    """Return what is said at the end of each second with so many reports."""
    told = []
    for second, count in enumerate(counts, start=1):
        rate.add(count)
        told.append(rate.is_often(float(second)))
    return told


def test_a_steady_stream_waits_for_company():
    assert seconds_of(Rate(), [OFTEN, OFTEN * 4, OFTEN]) == [True, True, True]


def test_a_few_reports_are_taken_at_once():
    assert seconds_of(Rate(), [1, OFTEN - 1, 0]) == [False, False, False]


def test_where_they_queue_anyhow_nobody_waits():
    assert seconds_of(Rate(), [MOST_OFTEN, MOST_OFTEN + 1]) == [True, False]


def test_after_a_silence_the_first_is_taken_at_once():
    rate = Rate()
    assert seconds_of(rate, [OFTEN, OFTEN]) == [True, True]
    rate.add(OFTEN)
    assert not rate.is_often(60.0)


def test_who_comes_within_a_moment_goes_on_together():
    async def crowd() -> list[int]:
        company, gone = Company(), []

        async def one(number: int) -> None:
            await company.gathered()
            gone.append(number)

        for number in range(OFTEN + 1):  # alone, each goes on at once
            await one(number)
        await asyncio.sleep(1.05)
        await one(-1)  # the last whole second is over, and it was a busy one
        others = [asyncio.create_task(one(number)) for number in (100, 101, 102)]
        await asyncio.sleep(0.05)
        assert 100 not in gone
        await asyncio.gather(*others)
        return gone

    assert finished(crowd())[-3:] == [100, 101, 102]


def test_a_crowd_that_asks_again_as_soon_as_it_is_answered_is_not_held_to_a_slow_pace():
    async def crowd() -> float:
        company = Company()

        async def one() -> None:
            for _ in range(6):
                await company.gathered()

        for _ in range(OFTEN + 1):
            await company.gathered()
        await asyncio.sleep(1.05)
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(one() for _ in range(2 * ENOUGH)))
        return asyncio.get_running_loop().time() - began

    assert finished(crowd()) < COMPANY_SECONDS
