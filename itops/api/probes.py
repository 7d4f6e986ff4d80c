"""Whether the server lives and can work, and its figures, for probes and Prometheus."""

from ipaddress import ip_address, ip_network

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from itops.auth.permissions import open_to_all
from itops.auth.sessions import settings
from itops.db import db

bp = Blueprint("probes", __name__)


@bp.get("/healthz")
@open_to_all("a probe carries no key, and the answer says nothing about the hospital")
def healthz() -> ResponseReturnValue:
    """Answer that the process lives; touches nothing else."""
    return jsonify(status="ok")


@bp.get("/readyz")
@open_to_all("a probe carries no key, and the answer says nothing about the hospital")
def readyz() -> ResponseReturnValue:
    """Answer 200 when the database answers and is migrated, else 503."""
    try:
        db.session.execute(text("SELECT 1 FROM alembic_version"))
    except SQLAlchemyError:
        return jsonify(status="unready", database="no answer"), 503
    return jsonify(status="ready", database="ok")


@bp.get("/metrics")
@open_to_all("limited by address (ITOPS_METRICS_FROM)")
def metrics() -> ResponseReturnValue:
    """Answer the server's own figures in Prometheus' format, to allowed addresses only."""
    asking = ip_address(request.remote_addr or "0.0.0.0")  # noqa: S104 - stands for nobody
    if not any(asking in ip_network(network) for network in settings().metrics_from):
        abort(403)
    return generate_latest(registry()), 200, {"Content-Type": CONTENT_TYPE_LATEST}


def registry() -> CollectorRegistry:
    """Return the figures, read from the database when asked."""
    return CollectorRegistry()
