"""Takes the story's pictures of docs/images anew: `itops demo story`, played here, and its pages.

Run it as `python -m tools.story_pictures`, with Chromium, OpenSSH, NUT and PostgreSQL installed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from itops.cli.story import playing
from itops.cli.story.acts import Stage
from itops.cli.story.cast import HEAD
from itops.cli.story.installation import acting
from itops.cli.story.telling import Teller
from itops.clock import utcnow
from itops.db import db
from itops.models import LinkPurpose, User
from itops.services.users.one_time_links import make_link
from tests.components import program
from tests.components.chromium import FLAGS

IMAGES = Path(__file__).parent.parent / "docs/images"
#: All of the story's pictures together are no larger.
MOST_BYTES = 1_500_000
SIZES: dict[str, Any] = {
    "wide": {"width": 1280, "height": 860},
    "phone": {"width": 390, "height": 844},
}
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
#: The pictures, and the story's line whose page each shows.
PICTURES = {
    "alert": "story.alert.over",
    "power": "story.power.falling",
    "restored": "story.backup.restored",
    "month": "story.end.month",
}


def main() -> None:
    """Play the story once, and take its pages in both languages and sizes."""
    with played() as on, sync_playwright() as playwright:
        chromium = program("chromium", "/usr/bin")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        sizes = [
            size
            for language in LANGUAGES
            for width in SIZES
            for size in take_all(browser, on, language, width)
        ]
        browser.close()
    if sum(sizes) > MOST_BYTES:
        raise SystemExit(f"the story's pictures have {sum(sizes)} bytes, more than {MOST_BYTES}")


@contextmanager
def played() -> Iterator[Stage]:
    """Give the story, played to its end and still served."""
    with playing.throw_away() as folder, playing.stage(folder, Teller()) as on:
        playing.play(on)
        yield on


def take_all(browser: Browser, on: Stage, language: str, width: str) -> Iterator[int]:
    """Take the pictures for one kind of reader; give the size of each."""
    context = browser.new_context(
        viewport=SIZES[width], locale=LANGUAGES[language], color_scheme="light"
    )
    page = context.new_page()
    sign_in(page, on)
    for name, key in PICTURES.items():
        line = next(one for one in on.told.told if one["key"] == key)
        page.goto(line["url"])
        page.wait_for_timeout(1000)
        file = f"story-{name}.{language}.{width}.jpg"
        yield len(page.screenshot(path=IMAGES / file, type="jpeg", quality=70))
        print(file)
    context.close()


def sign_in(page: Page, on: Stage) -> None:
    """Sign the head of the department in, as somebody does who is new here."""
    with acting():
        head = db.session.query(User).filter_by(login=HEAD).one()
        token = make_link(head, LinkPurpose.SET_PASSWORD, at=utcnow())
    page.goto(on.url(f"/welcome/{token}"))
    password = token_urlsafe(16)
    for name in ("password", "again"):
        page.fill(f"[name={name}]", password)
    page.click("main form .btn.go")


if __name__ == "__main__":
    main()
