"""The entrances for machines: agents, probes, and whatever program asks."""

from flask import Flask

from itops.api import agents, calendars, heartbeats, probes
from itops.api.reports import Reports
from itops.api.v1 import answers
from itops.db import db


def init_app(app: Flask) -> None:
    """Register every entrance for machines; reports are taken before Flask sees them."""
    app.register_blueprint(probes.bp)
    app.register_blueprint(calendars.bp)
    app.register_blueprint(heartbeats.bp)
    app.register_blueprint(answers.bp)
    agents.init_app(app)
    with app.app_context():
        engine = db.engine
    reports = Reports(app.wsgi_app, engine, language=app.config["ITOPS"].language)
    app.extensions["reports"] = reports
    app.wsgi_app = reports  # type: ignore[method-assign]
