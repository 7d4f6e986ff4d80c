"""Photos are handed out to whoever may see their order, as files that nothing runs."""

import io

import pytest
from sqlalchemy import select

from itops.db import db
from itops.models import Attachment, Evidence, Role, WorkOrder
from itops.services import attachments
from tests import factories
from tests.services.maintenance.planned import actor, at, order
from tests.views.maintenance.forms import png


@pytest.fixture
def photo(app):
    made = order(site=factories.site())
    upload = attachments.examine(png(), "除尘前.png")
    return attachments.store(upload, for_=made, by=actor(), at=at().at)


def test_a_photo_comes_as_a_file_that_no_browser_guesses_about_or_runs(photo, sign_in):
    answer = sign_in(Role.ENGINEER).get(f"/attachments/{photo.code}")
    assert answer.data == png()
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E9")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"
    assert "private" in answer.headers["Cache-Control"]


def test_a_photo_of_another_site_does_not_exist_for_whoever_is_not_there(photo, sign_in):
    near = sign_in(Role.SITE_OFFICER, site=db.session.get_one(WorkOrder, photo.order_id).site)
    far = sign_in(Role.SITE_OFFICER, site=factories.site())
    assert near.get(f"/attachments/{photo.code}").status_code == 200
    assert far.get(f"/attachments/{photo.code}").status_code == 404


@pytest.mark.parametrize("role", [Role.REPORTER, Role.VENDOR, Role.AUDIT_ADMIN])
def test_who_sees_no_orders_sees_no_photos(role, photo, sign_in):
    assert sign_in(role).get(f"/attachments/{photo.code}").status_code == 404


def test_nobody_signed_in_is_asked_to(photo, client):
    assert client.get(f"/attachments/{photo.code}").location == "/sign-in"


@pytest.mark.parametrize("code", ["x", "0" * 32, "..%2f..%2fetc", "' OR 1=1 --", "%00"])
def test_a_guessed_code_leads_nowhere(code, photo, sign_in):
    assert sign_in(Role.ENGINEER).get(f"/attachments/{code}").status_code in {400, 404}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.jpg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("photo.png", b"<!doctype html><script>alert(1)</script>"),
        ("a.svg", b"<svg/>"),
    ],
)
def test_a_disguised_page_is_refused_with_the_form_kept_and_nothing_stored(name, content, sign_in):
    made = order(evidence_rule="attested_photo")
    data = {"version": made.version, "photo-photos": (io.BytesIO(content), name)}
    answer = sign_in(Role.ENGINEER).post(f"/maintenance/orders/{made.id}/done", data=data)
    assert answer.status_code == 400
    assert "the content counts, not the name" in answer.text
    assert db.session.scalars(select(Attachment)).all() == []
    assert db.session.scalars(select(Evidence)).all() == []
