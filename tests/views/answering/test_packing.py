"""Pages go out packed where that saves something and the browser can unpack them."""

import gzip

import pytest

from itops.models import Role
from itops.views.answering.packing import LEAST_BYTES

PACKED = {"Accept-Encoding": "gzip, deflate, br"}


def test_a_page_is_packed_for_a_browser_that_unpacks(sign_in):
    client = sign_in(Role.HEAD)
    plain = client.get("/preferences")
    packed = client.get("/preferences", headers=PACKED)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
    assert gzip.decompress(packed.data) == plain.data
    assert "Content-Encoding" not in plain.headers
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0"])
def test_a_page_is_not_packed_for_whoever_does_not_ask(client, accepted):
    answer = client.get("/sign-in", headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in answer.headers
    assert "<!doctype html>" in answer.text


def test_what_is_short_or_no_page_goes_out_as_it_is(sign_in):
    client = sign_in(Role.HEAD)
    news = client.get("/health/news?since=1", headers=PACKED)
    assert len(news.data) < LEAST_BYTES
    assert "Content-Encoding" not in news.headers
    assert "Content-Encoding" not in client.get("/healthz", headers=PACKED).headers
    table = client.get("/assets/export.xlsx", headers=PACKED)
    assert "Content-Encoding" not in table.headers


def test_a_refusal_is_packed_too(sign_in):
    answer = sign_in(Role.REPORTER).get("/assets/1", headers=PACKED)
    assert answer.status_code == 403
    assert "<html" in gzip.decompress(answer.data).decode()
