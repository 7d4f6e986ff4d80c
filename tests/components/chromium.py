"""A real Chromium, driven by Playwright: one browser a worker, a fresh profile a test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.components import missing, program

#: No sandbox (tests run as root in CI), and nothing that calls home.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = program("chromium", "/usr/bin")
    if not path:
        missing("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def browsing(chromium: Browser) -> Iterator[BrowserContext]:
    """Give a fresh profile in a window of an office's usual size."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en")
    yield context
    context.close()
