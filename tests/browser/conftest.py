"""The gallery of components behind a real server, for a real browser."""

import shutil
from threading import Thread

import pytest
from werkzeug.serving import make_server

from itops import create_app
from itops.config import Settings
from tests.browser import gallery


@pytest.fixture(scope="session")
def gallery_app(migrated, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gallery")
    shutil.copy(migrated / "itops.db", folder)
    app = create_app(Settings(data_dir=folder))
    gallery.add_to(app)
    return app


@pytest.fixture(scope="session")
def gallery_url(gallery_app):
    server = make_server("127.0.0.1", 0, gallery_app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/gallery"
    server.shutdown()
    thread.join()
    server.server_close()
