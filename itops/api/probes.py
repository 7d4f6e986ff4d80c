"""Whether the server lives and can work, and its figures, for probes and Prometheus."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from itops.api.alert_figures import Alerts
from itops.api.check_figures import Checks
from itops.auth.permissions import Permission, open_to_all
from itops.auth.sessions import settings
from itops.auth.tokens import token_opens_all
from itops.clock import utcnow
from itops.db import db
from itops.services.background import queues
from itops.services.engine import duty_rows, job_rows

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
@open_to_all("limited by address (ITOPS_METRICS_FROM), or opened by a token")
def metrics() -> ResponseReturnValue:
    """Answer the server's own figures in Prometheus' format, to allowed addresses and tokens."""
    asking = ip_address(request.remote_addr or "0.0.0.0")  # noqa: S104 - stands for nobody
    is_near = any(asking in ip_network(network) for network in settings().metrics_from)
    if not is_near and not token_opens_all(Permission.VIEW_INSTALLATION):
        abort(403)
    return generate_latest(registry()), 200, {"Content-Type": CONTENT_TYPE_LATEST}


def registry() -> CollectorRegistry:
    """Return the figures, read from the database when asked."""
    figures = CollectorRegistry()
    figures.register(BackgroundWork())
    figures.register(DueWork())
    figures.register(Checks())
    figures.register(Alerts())
    return figures


class BackgroundWork(Collector):
    """How late the duties are, how long they took, and how many long jobs there are."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the figures as they are now."""
        lag = GaugeMetricFamily(
            "itops_duty_lag_seconds", "Seconds by which a duty is late.", labels=["duty"]
        )
        took = GaugeMetricFamily(
            "itops_duty_last_seconds", "Seconds that a duty took last.", labels=["duty"]
        )
        for duty in duty_rows.standing(at=utcnow()):
            lag.add_metric([duty.name], duty.lag_seconds)
            if duty.last_seconds is not None:
                took.add_metric([duty.name], duty.last_seconds)
        jobs = GaugeMetricFamily("itops_jobs", "Long jobs in each state.", labels=["state"])
        for state, count in job_rows.counts().items():
            jobs.add_metric([state], count)
        yield from (lag, took, jobs)


class DueWork(Collector):
    """How late the queues of due rows are, what waits in them, and what is in work."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the figures as they are now."""
        lag = GaugeMetricFamily(
            "itops_queue_lag_seconds", "Seconds by which the oldest row is late.", labels=["queue"]
        )
        waiting = GaugeMetricFamily(
            "itops_queue_waiting", "Rows that are due and not begun.", labels=["queue"]
        )
        working = GaugeMetricFamily("itops_queue_working", "Rows in work.", labels=["queue"])
        for queue in queues.standing(at=utcnow()):
            lag.add_metric([queue.name], queue.lag_seconds)
            waiting.add_metric([queue.name], queue.waiting)
            working.add_metric([queue.name], queue.working)
        yield from (lag, waiting, working)
