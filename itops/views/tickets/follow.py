"""Following a report with its code: plain words, a line to add, a face to tap."""

from collections.abc import Callable

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from itops.auth.permissions import open_to_all
from itops.auth.sessions import settings
from itops.clock import utcnow
from itops.db import db
from itops.documents.labels import qr_path
from itops.errors import ItopsError, Message
from itops.services import public_limits, written
from itops.services.public_limits import TooOften
from itops.services.secrets.typed_codes import in_groups, typed_code
from itops.services.tickets import following
from itops.services.tickets.following import Followed
from itops.services.tickets.reporting import LONGEST_TEXT
from itops.views.answering.language import t
from itops.views.showing.forms import Form
from itops.views.tickets.guesses import count_wrong

bp = Blueprint("follow", __name__)
WHY = "the code is the key: whoever has it may follow that one report"
#: Lines and ratings of one address in ten minutes.
MOST_WRITTEN = 60
read_text = written.text(LONGEST_TEXT, lines=True)
read_remark = written.text(500, lines=True)


@bp.get("/follow")
@open_to_all("whoever was given a code types it here")
def ask() -> ResponseReturnValue:
    return render_template("report/ask.html", form=Form())


@bp.post("/follow")
@open_to_all("whoever was given a code types it here")
def find() -> ResponseReturnValue:
    typed = request.form.get("code", "")[:60]
    code = typed_code(typed)
    if following.followed(code) is None:
        count_wrong()
        return _unknown(typed), 404
    return redirect(url_for(".show", code=code), 303)


@bp.get("/f/<code>")
@open_to_all(WHY)
def show(code: str) -> ResponseReturnValue:
    return _page(_found(code), code, Form())


@bp.post("/f/<code>/line")
@open_to_all(WHY)
def add(code: str) -> ResponseReturnValue:
    def write(found: Followed) -> list[str]:
        return following.add_line(found, read_text(request.form.get("text", "")), at=utcnow())

    return _done(code, "follow.added", write)


@bp.post("/f/<code>/rate")
@open_to_all(WHY)
def rate(code: str) -> ResponseReturnValue:
    def write(found: Followed) -> list[str]:
        rating, text = request.form.get("rating", ""), read_remark(request.form.get("remark", ""))
        number = int(rating) if rating in {"1", "2", "3", "4", "5"} else 0
        return following.rate(found, number, text, at=utcnow())

    return _done(code, "follow.rated", write)


@bp.post("/f/<code>/again")
@open_to_all(WHY)
def again(code: str) -> ResponseReturnValue:
    def write(found: Followed) -> list[str]:
        return following.reopen(found, read_text(request.form.get("why", "")), at=utcnow())

    return _done(code, "follow.reopened", write)


def _found(code: str) -> Followed:
    found = following.followed(code)
    if found is None:
        count_wrong()
        abort(make_response(_unknown(code), 404))
    return found


def _unknown(typed: str) -> str:
    """Return the page that asks for a code, with the one that leads nowhere."""
    form = Form({"code": typed}, {"code": Message("follow.code_unknown")})
    return render_template("report/ask.html", form=form)


def _done(code: str, key: str, write: Callable[[Followed], list[str]]) -> ResponseReturnValue:
    """Do what a reporter asks for, and show the page again with what came of it."""
    found = _found(code)
    try:
        public_limits.count(f"follow {request.remote_addr}", most=MOST_WRITTEN, at=utcnow())
        masked = write(found)
    except ItopsError as error:
        db.session.rollback()
        page = _page(_found(code), code, Form.refused(request.form, error))
        return page, 429 if isinstance(error, TooOften) else 400
    db.session.commit()
    flash(t(key))
    if masked:
        flash(t("screen.masked", n=len(masked)), "warning")
    return redirect(url_for(".show", code=code), 303)


def _page(found: Followed, code: str, form: Form) -> str:
    plain = typed_code(code)
    return render_template(
        "report/follow.html",
        ticket=found.ticket,
        report=found.report,
        lines=found.lines,
        given=found.given,
        form=form,
        code=plain,
        shown_code=in_groups(plain),
        qr=qr_path(f"{settings().own_url}{url_for('.show', code=plain)}"),
        may_rate=found.may_rate,
        may_reopen=found.may_reopen(utcnow()),
    )
