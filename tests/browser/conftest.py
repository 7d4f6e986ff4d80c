"""The gallery of components, and the pages themselves, behind a real server for a real browser."""

import shutil

import pytest

from itops import create_app
from itops.config import Settings
from itops.models import Role
from tests import factories
from tests.browser import gallery
from tests.browser.windows import cookie_of, serving


@pytest.fixture(scope="session")
def gallery_app(migrated, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gallery")
    shutil.copy(migrated / "itops.db", folder)
    app = create_app(Settings(data_dir=folder))
    gallery.add_to(app)
    return app


@pytest.fixture(scope="session")
def gallery_url(gallery_app):
    with serving(gallery_app) as url:
        yield f"{url}/gallery"


@pytest.fixture
def opened(chromium, gallery_url):
    """Open a page of the gallery in a window; what the browser complains of is in `page.told`."""
    contexts = []

    def open_page(path="/", **given):
        context = chromium.new_context(**{"locale": "zh-CN", "reduced_motion": "reduce"} | given)
        contexts.append(context)
        page = context.new_page()
        page.told = []
        page.on("console", lambda message: page.told.append(message.text))
        page.on("pageerror", lambda error: page.told.append(str(error)))
        page.goto(gallery_url + path, wait_until="networkidle")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def served(app):
    with serving(app) as url:
        yield url


@pytest.fixture
def look(app, chromium, served):
    """Open a page, signed in as head of the department; complaints are in `told`."""
    cookie = cookie_of(app, factories.user(role=Role.HEAD))
    contexts = []

    def open_page(path, *, is_signed_in=True, **given):
        context = chromium.new_context(**{"locale": "zh-CN"} | given)
        contexts.append(context)
        if is_signed_in:
            context.add_cookies([{"name": "itops", "value": cookie, "url": served}])
        page = context.new_page()
        page.told = []
        page.on("console", lambda message: page.told.append(message.text))
        page.on("pageerror", lambda error: page.told.append(str(error)))
        page.on("dialog", lambda dialog: page.told.append(dialog.message))
        page.status = page.goto(served + path, wait_until="networkidle").status
        return page

    yield open_page
    for context in contexts:
        context.close()
