"""A browser that writes down every answer, and follows every link of a page once."""

import re
from dataclasses import dataclass, field
from html import unescape
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

from tests.canaries.secrets import Secrets

LINK = re.compile(r'(?:href|src|hx-get)="(/[^"#]*)')
#: Of addresses that differ by their numbers only, so many are opened.
MOST_ALIKE = 1
#: Files that are the same for everybody, and what ends a session.
LEFT_OUT = ("/static/", "/agent/", "/sign-out")


@dataclass
class Browser:
    """Somebody's browser; without cookies a stranger's."""

    port: int
    secrets: Secrets
    cookies: dict[str, str] = field(default_factory=dict)
    name: str = "stranger"

    def get(self, path: str, *, where: str = "", **headers: str) -> tuple[int, str]:
        return self._ask("GET", path, b"", where, headers)

    def post(
        self, path: str, form: dict[str, str] | bytes = b"", *, where: str = "", **headers: str
    ) -> tuple[int, str]:
        body = form if isinstance(form, bytes) else urlencode(form).encode()
        kind = (
            "application/json" if isinstance(form, bytes) else "application/x-www-form-urlencoded"
        )
        given = {"Content-Type": kind, "Sec-Fetch-Site": "same-origin"} | headers
        return self._ask("POST", path, body, where, given)

    def see_everything(self, begin: str = "/account") -> int:
        """Open all that links lead to, as this person sees it; return how many pages that were."""
        waiting, seen, alike = [begin, "/"], set(), dict[str, int]()
        while waiting:
            path = waiting.pop()
            shape = re.sub(r"\d+|=[^&]*", "0", path)
            if path in seen or alike.get(shape, 0) >= MOST_ALIKE or path.startswith(LEFT_OUT):
                continue
            seen.add(path)
            alike[shape] = alike.get(shape, 0) + 1
            _, page = self.get(path)
            waiting += [unescape(one) for one in LINK.findall(page)]
        return len(seen)

    def _ask(
        self, method: str, path: str, body: bytes, where: str, headers: dict[str, str]
    ) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Cookie": cookie, "Accept-Language": "en"} | given)
        answer = connection.getresponse()
        content = answer.read()
        for one in answer.headers.get_all("Set-Cookie", []):
            name, _, value = one.partition(";")[0].partition("=")
            self.cookies[name] = value
        told = "".join(f"{k}: {v}\n" for k, v in answer.getheaders() if k.lower() != "set-cookie")
        connection.close()
        place = where or f"{self.name}: {method} {urlsplit(path).path}"
        self.secrets.hear(place, content)
        self.secrets.hear(place, told)
        text = content.decode("utf-8", "replace")
        return answer.status, f"{answer.headers.get('Location', '')}\n{text}"
