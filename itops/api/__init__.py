"""The entrances for machines: agents, probes, and whatever program asks."""

from flask import Flask

from itops.api import probes


def init_app(app: Flask) -> None:
    """Register every entrance for machines."""
    app.register_blueprint(probes.bp)
