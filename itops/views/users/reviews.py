"""The access review: who has what where, each kept or withdrawn, signed, printed, exported."""

from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import only_everywhere
from itops.auth.sessions import settings
from itops.clock import utcnow
from itops.db import db
from itops.documents.spreadsheets import Cell, csv_chunks
from itops.errors import ItopsError
from itops.models import AccessReview, AccessReviewLine, Kept
from itops.services.users import reviewing
from itops.views.answering.language import said, t
from itops.views.showing.choices import number_of

bp = Blueprint("access_review", __name__, url_prefix="/access-reviews")
bp.before_request(only_everywhere)
REVIEWS = Permission.REVIEW_ACCESS


@bp.get("")
@requires(REVIEWS)
def index() -> ResponseReturnValue:
    found = reviewing.reviews()
    is_open = any(one.signed_at is None for one in found)
    return render_template(
        "access_reviews/index.html",
        reviews=found,
        may_begin=not is_open,
        is_due=reviewing.is_due(at=utcnow()),
    )


@bp.post("")
@requires(REVIEWS)
def begin() -> ResponseReturnValue:
    review = reviewing.begin(by=actor(), at=utcnow())
    db.session.commit()
    return _to(review.id)


@bp.get("/<int:review_id>")
@requires(REVIEWS)
def show(review_id: int) -> ResponseReturnValue:
    review = _review(review_id)
    live = [line for line in review.lines if line.decision is not Kept.WITHDRAWN]
    is_open = review.signed_at is None
    return render_template(
        "access_reviews/show.html",
        review=review,
        left=sum(line.decision is Kept.OPEN for line in live),
        own=reviewing.own_lines(live, by=actor(), at=utcnow()) if is_open else {},
        me=actor().name,
    )


@bp.post("/<int:review_id>/decide")
@requires(REVIEWS)
def decide(review_id: int) -> ResponseReturnValue:
    """Withdraw the role of one line, or keep those of all that are ticked."""
    review, at = _review(review_id), utcnow()
    lines = {line.id: line for line in review.lines}
    try:
        if "withdraw" in request.form:
            line = lines.get(number_of(request.form["withdraw"]) or 0) or abort(404)
            own = {grant.role for grant in g.grants}
            reviewing.withdraw(line, own_roles=own, by=actor(), at=at)
        else:
            ticked = {number_of(text) for text in request.form.getlist("line")}
            chosen = [line for key, line in lines.items() if key in ticked]
            for left in reviewing.keep(chosen, by=actor(), at=at):
                flash(said(left), "warning")
    except ItopsError as error:
        return _refused(review_id, error)
    db.session.commit()
    return _to(review_id)


@bp.post("/<int:review_id>/sign")
@requires(REVIEWS)
def sign(review_id: int) -> ResponseReturnValue:
    try:
        signature = request.form.get("signature", "")
        reviewing.sign(_review(review_id), signature, by=actor(), at=utcnow())
    except ItopsError as error:
        return _refused(review_id, error)
    db.session.commit()
    flash(t("review.signed_done"), "ok")
    return _to(review_id)


@bp.get("/<int:review_id>/review.csv")
@requires(REVIEWS)
def export(review_id: int) -> ResponseReturnValue:
    review = _review(review_id)
    heads = ("name", "login", "role", "place", "since", "until", "used", "decision", "by")
    rows: list[list[Cell]] = [[t(f"review.column.{head}") for head in heads]]
    rows += [_row(line) for line in review.lines]
    return Response(
        csv_chunks(rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="access-review-{review.id}.csv"'},
    )


@bp.app_template_global()
def review_place(line: AccessReviewLine) -> str:
    """Return where the role of a line held, as it was called then, and for whom."""
    names = [str(name) for key, name in line.place.items() if key != "stands_in_for"]
    told = " · ".join(names) or t("grant.everywhere")
    giver = line.place.get("stands_in_for")
    return f"{told} ({t('leave.for', name=str(giver))})" if giver else told


def _row(line: AccessReviewLine) -> list[Cell]:
    zone = ZoneInfo(settings().time_zone)
    moments = (line.since_at, line.ends_at, line.last_used_at)
    days = [f"{at.astimezone(zone):%Y-%m-%d}" if at else "" for at in moments]
    role, decision = t(f"role.{line.role}"), t(f"review.decision.{line.decision}")
    by = t("review.by_themselves", name=line.decided_by) if line.by_themselves else line.decided_by
    return [line.name, line.login, role, review_place(line), *days, decision, by]


def _review(review_id: int) -> AccessReview:
    """Return the review; held, while it is changed, so that nobody signs what another decides."""
    is_change = request.method == "POST"
    found = db.session.get(AccessReview, review_id, with_for_update=is_change)
    return found or abort(404)


def _to(review_id: int) -> ResponseReturnValue:
    return redirect(url_for(".show", review_id=review_id))


def _refused(review_id: int, error: ItopsError) -> ResponseReturnValue:
    db.session.rollback()
    flash(said(error.message), "error")
    return _to(review_id)
