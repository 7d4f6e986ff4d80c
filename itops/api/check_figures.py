"""The figures of remote checks for Prometheus: how many stand where, and how late they are."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import true

from itops.clock import utcnow
from itops.db import db
from itops.services.checking import host_keys, standing


class Checks(Collector):
    """Checks by the state that is shown, those that are late, and host keys that wait."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the figures as they are now."""
        at = utcnow()
        states = GaugeMetricFamily(
            "itops_checks", "Remote checks in each shown state.", labels=["state"]
        )
        for place, count in standing.counts(true(), at=at).items():
            states.add_metric([place.name.lower()], count)
        n, seconds = standing.late(at=at)
        yield states
        yield GaugeMetricFamily("itops_checks_late", "Checks that are due for a minute.", value=n)
        yield GaugeMetricFamily(
            "itops_checks_lag_seconds", "Seconds that the latest check waits.", value=seconds
        )
        yield GaugeMetricFamily(
            "itops_host_keys_pending",
            "Host keys that wait for a person.",
            value=db.session.scalars(host_keys.waiting(true())).one(),
        )
