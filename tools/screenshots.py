"""Takes the pictures of docs/images anew: an own server, the demo hospital, a real Chromium.

Run it as `python -m tools.screenshots`, with Chromium installed; it takes some minutes.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import Browser, Page, sync_playwright

from tests.components import program
from tests.components.chromium import FLAGS
from tests.components.server import Server

IMAGES = Path(__file__).parent.parent / "docs/images"
#: The largest picture that a page of documentation may carry.
MOST_BYTES = 250_000
SIZE: Any = {"width": 1440, "height": 1000}
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
#: The demo host whose disk is full: the first line of the board that leads to its own page.
WORST = "LIS-SRV-01"


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        demo_hospital(Path(folder)) as links,
        sync_playwright() as playwright,
    ):
        chromium = program("chromium", "/usr/bin")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for (language, locale), link in zip(LANGUAGES.items(), links, strict=True):
            take_all(signed_in(browser, locale, link), language)
        browser.close()


@contextmanager
def demo_hospital(folder: Path) -> Iterator[list[str]]:
    """Serve the demo hospital; give links that sign in: the head's and the engineer's."""
    server = Server(folder)
    printed, _ = server.spawn("demo", "load", "--json").communicate()
    links = {one["role"]: one["link"] for one in json.loads(printed)}
    server.start()
    try:
        yield [links["head"], links["engineer"]]
    finally:
        server.stop()


def signed_in(browser: Browser, locale: str, link: str) -> Page:
    page = browser.new_context(viewport=SIZE, locale=locale, color_scheme="light").new_page()
    page.goto(link)
    page.click("main form .btn.go")
    return page


def take_all(page: Page, language: str) -> None:
    """Take the board and the page of the worst host, as they stand in one window."""
    page.goto(urljoin(page.url, "/"))
    take(page, f"board.{language}.png")
    page.click(f"main a.lk:has-text('{WORST}')")
    page.wait_for_load_state("networkidle")
    take(page, f"host.{language}.png")


def take(page: Page, name: str) -> None:
    page.wait_for_timeout(1000)
    size = len(page.screenshot(path=IMAGES / name))
    if size > MOST_BYTES:
        raise SystemExit(f"{name} has {size} bytes, more than {MOST_BYTES}")
    print(f"{name}: {size} bytes")


if __name__ == "__main__":
    main()
