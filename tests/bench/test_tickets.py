"""The county's tickets in small: they build, and every page that the bench names answers."""

from tests.bench import pages, tickets


def test_every_page_of_the_bench_answers(tmp_path):
    client = pages.signed_in(tickets.large_app(tmp_path, tickets=200, assets=50, hosts=5))
    places = {address for address, _ in tickets.PAGES.values()}
    places = places - {tickets.PAGES["ticket"][0]} | {"/tickets/100"}
    answers = {address: client.get(address).status_code for address in places}
    assert answers == dict.fromkeys(answers, 200)
