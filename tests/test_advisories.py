"""`make audit` says what is known against the locked packages, or that nobody could be asked."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from tools import advisories, bill
from tools.locks import pinned

#: An answer as the database gives it: nothing known is an empty object.
KNOWN = {"vulns": [{"id": "GHSA-0000-0000-0000", "modified": "2026-01-01T00:00:00Z"}]}


@pytest.fixture
def database():
    """A database that knows something against one package, or says nonsense; give its address."""
    servers = []

    def serve(against: str, *, nonsense: bool = False) -> str:
        class Answering(BaseHTTPRequestHandler):
            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                results = [
                    KNOWN if query["package"]["name"] == against else {}
                    for query in asked["queries"]
                ]
                body = b"<html>" if nonsense else json.dumps({"results": results}).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_given):
                pass

        server = HTTPServer(("127.0.0.1", 0), Answering)
        Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_what_is_known_is_said_and_is_a_failure(database, capsys):
    assert advisories.main(database("flask")) == 1
    told = capsys.readouterr().err
    assert "flask" in told
    assert "GHSA-0000-0000-0000" in told


def test_nothing_known_is_a_success(database, capsys):
    assert advisories.main(database("")) == 0
    assert "something is known against 0" in capsys.readouterr().err


def test_nobody_asked_is_not_taken_for_nothing_known(database, capsys):
    assert advisories.main(database("", nonsense=True)) == 2
    assert advisories.main("http://127.0.0.1:1") == 2
    assert "nothing was checked" in capsys.readouterr().err


def test_the_bill_of_materials_is_that_of_the_locks():
    """`make docs` writes it anew."""
    assert bill.PAGE.read_text(encoding="utf-8") == bill.bill()
    names = {component["name"] for component in json.loads(bill.bill())["components"]}
    assert {one.name for one in pinned("base")} | {"uplot"} <= names
