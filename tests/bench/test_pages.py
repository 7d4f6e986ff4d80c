"""The large register in small: it builds, and every page that the bench names answers."""

from tests.bench import pages


def test_every_page_of_the_bench_answers(tmp_path):
    client = pages.signed_in(pages.large_app(tmp_path, assets=300, hosts=20))
    answers = {address: client.get(address).status_code for address, _ in pages.PAGES.values()}
    assert answers == dict.fromkeys(answers, 200)
