"""Pages that show every component through the real macros, for looking at and for axe."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import sin
from pathlib import Path
from types import SimpleNamespace as Entry

from flask import Blueprint, Flask, abort, flash, g, jsonify, render_template, request
from jinja2 import ChoiceLoader, FileSystemLoader

from itops.errors import FieldError, Invalid, Message
from itops.views.answering.frame import ENTRIES, Place, bare, reader
from itops.views.showing.charts import Limit, Series, drawn
from itops.views.showing.forms import Form

AT = datetime(2026, 11, 23, 2, 6, tzinfo=UTC)
HERE = Path(__file__).parent
MINUTE = 60

bp = Blueprint("gallery", __name__, url_prefix="/gallery")


def add_to(app: Flask) -> None:
    """Show the gallery in an app of tests."""
    assert app.jinja_loader is not None
    app.jinja_loader = ChoiceLoader([app.jinja_loader, FileSystemLoader(HERE)])
    app.register_blueprint(bp)


@bp.before_request
def stand_in_a_frame():
    g.frame = replace(
        bare(),
        now=AT,
        hospital="清江县人民医院",
        zone="Asia/Shanghai",
        reader_name="李建国",
        is_demo=True,
        search_url="/gallery/",
        mine_url="/preferences",
        places=tuple(place(entry) for entry in ENTRIES),
    )
    if "theme" in request.args:
        g.frame = replace(g.frame, theme=request.args["theme"])


def place(entry) -> Place:
    bad = entry.key == "nav.health"
    return Place(
        key=entry.key,
        url=f"/gallery/?at={entry.letter}",
        icon=entry.icon,
        letter=entry.letter,
        is_current=bad,
        is_main=entry.is_main,
        state="critical" if bad else "",
        count=3 if bad else 0,
    )


@bp.get("/")
def everything():
    flash("WO-1201 saved", "success")
    typed = {"tag": "YJ-2F-0007", "minutes": "四十五", "kind": "b", "note": "<b>kept & shown</b>"}
    wrong = Invalid.many([FieldError("minutes", Message("problem.400.title"))])
    return render_template(
        "gallery.html",
        at=AT,
        earlier=AT - timedelta(days=1),
        form=Form.refused(typed, wrong),
        counts=[
            Entry(state="critical", count=3, text="Critical · +2 on yesterday", url="#"),
            Entry(state="unknown", count=37, text="Unknown · we cannot tell", url="#"),
            Entry(state="warning", count=21, text="Warning · −1", url="#"),
            Entry(state="ok", count=459, text="OK · 88 %", url="#"),
        ],
        chips=[
            Entry(text="All", count=1520, url="#", is_current=True, state=""),
            Entry(text="Outpatients", count=168, url="#", is_current=False, state="warning"),
            Entry(text="Inpatients", count=None, url="#", is_current=False, state=""),
        ],
        charts=[drawn(series(name), reader()) for name in ("cpu", "disk", "temperature", "none")],
    )


@bp.get("/door")
def door():
    return render_template("gallery_door.html", form=Form({"login": "lijg"}))


@bp.get("/error/<int:code>")
def error(code):
    abort(code)


@bp.get("/series/<name>")
def figures(name):
    start, end = (float(request.args[edge]) for edge in ("from", "to"))
    made = series(name, start, end)
    values = [value for _, value in made.points]
    return jsonify(
        times=[at for at, _ in made.points],
        values=values,
        low=[None if value is None else value * 0.9 for value in values],
        high=[None if value is None else min(value * 1.1, 100) for value in values],
        step=made.step_seconds,
        unit=made.unit,
        limits=[
            {"state": limit.state, "value": limit.value, "text": f"{limit.state} {limit.value} %"}
            for limit in made.limits
        ],
    )


def series(name: str, start: float = 0, end: float = 0) -> Series:
    """Return a made-up series: by default the last day, with 65 minutes missing at night."""
    end = end or AT.timestamp()
    start = start or end - 86_400
    step = max((end - start) / 288, MINUTE)
    times = [start + step * i for i in range(int((end - start) / step) + 1)]
    night = (AT.timestamp() - 7.2 * 3600, AT.timestamp() - 6.1 * 3600)
    points = [(at, wave(name, at)) for at in times if not night[0] < at < night[1]]
    limits = {
        "cpu": [Limit("warning", 90)],
        "disk": [Limit("critical", 95), Limit("warning", 85)],
    }
    return Series(
        name={"cpu": "CPU", "disk": "E: 日志盘", "temperature": "主板温度", "none": "风扇"}[name],
        unit={"temperature": "°C", "none": "rpm"}.get(name, "%"),
        start=start,
        end=end,
        step_seconds=step,
        points=[] if name == "none" else points,
        limits=limits.get(name, []),
        url=f"/gallery/series/{name}",
    )


def wave(name: str, at: float) -> float:
    hours = (AT.timestamp() - at) / 3600
    ripple = sin(hours * 9)
    if name == "disk":
        return round(min(max(100 - 2.4 * hours, 40) + ripple, 100), 1)
    return round(
        (35 + 25 * sin(hours / 3) if name == "cpu" else 48 + 6 * sin(hours / 5)) + ripple, 1
    )
