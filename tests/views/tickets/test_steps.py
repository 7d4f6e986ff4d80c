"""A step of the desk that is refused or repeated: no word is lost and none is said twice."""

import pytest
from sqlalchemy import select

from itops.db import db
from itops.models import Role, TicketEvent, TicketStatus
from tests import factories
from tests.views.tickets.test_desk import again, do


@pytest.fixture
def engineer(sign_in):
    return sign_in(Role.ENGINEER, name="李建国")


@pytest.mark.parametrize(
    ("act", "data", "kept"),
    [
        (
            "announce",
            {"announcement": "", "meanwhile": "先手写\n再补录"},
            "先手写\n再补录</textarea>",
        ),
        ("announce", {"announcement": "LIS 坏了", "expected_at": "下午"}, 'value="下午"'),
        ("merge", {"into": "第三个"}, 'value="第三个"'),
        ("note", {"text": "x" * 4001, "to": "all"}, "x" * 4001 + "</textarea>"),
    ],
)
def test_a_refused_step_keeps_what_was_typed_and_stays_open(act, data, kept, engineer):
    answer = do(engineer, factories.ticket(), act, **data)
    assert answer.status_code == 400
    assert kept in answer.text
    assert 'role="alert"' in answer.text
    assert act == "note" or answer.text.count('<details class="in" open>') == 1


def test_a_second_click_says_nothing_twice_and_is_no_error(engineer):
    ticket = factories.ticket()
    steps: list[tuple[str, dict[str, str]]] = [
        ("take", {}),
        ("note", {"text": "在路上", "to": "all"}),
        ("announce", {"announcement": "LIS 坏了", "meanwhile": "手写"}),
        ("move", {"to": "resolved", "text": "重启了"}),
    ]
    for act, data in steps:
        read = {"version": again(ticket).version} | data
        for _click in range(2):
            answer = engineer.post(f"/tickets/{ticket.id}/{act}", data=read)
            assert answer.status_code == 303, act
    told = list(db.session.scalars(select(TicketEvent.key).order_by(TicketEvent.id)))
    assert sorted(told) == sorted(set(told))


def test_what_is_announced_again_a_moment_later_replaces_the_first_word(engineer):
    ticket = factories.ticket()
    do(engineer, ticket, "announce", announcement="LIS 坏了", meanwhile="手写")
    do(engineer, ticket, "announce", announcement="LIS 坏了", meanwhile="手写\n打 8312")
    assert again(ticket).meanwhile == "手写\n打 8312"


def test_lists_name_a_ticket_by_the_reporters_words_and_its_page_gives_the_number(engineer):
    ticket = factories.ticket(what="printer", text="三楼打印机\n卡纸")
    queue = engineer.get("/tickets").text
    assert f"{ticket.id}</span> Printer</a> 三楼打印机 卡纸" in queue
    do(engineer, ticket, "take")
    assert "Printer · 三楼打印机" in engineer.get("/today").text


def test_nobody_resolves_without_a_word_to_the_reporter(engineer):
    ticket = factories.ticket()
    for to in ("resolved", "on_hold"):
        answer = do(engineer, ticket, "move", to=to)
        assert answer.status_code == 400
        assert 'href="#text"' in answer.text
        assert 'id="text-error"' in answer.text
        assert "Write a word to the reporters" in answer.text
    assert again(ticket).status is TicketStatus.NEW
