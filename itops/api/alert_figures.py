"""The figures of alerts and messages for Prometheus: what stands, what became of messages."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import true

from itops.services.alerting import delivery_log, listing


class Alerts(Collector):
    """Alerts that stand by state, those kept quiet, and deliveries by outcome."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the figures as they are now."""
        open_ones = GaugeMetricFamily(
            "itops_alerts_open", "Alerts that stand, one cause one, by state.", labels=["state"]
        )
        for state, count in listing.counts(true()).items():
            open_ones.add_metric([state.value], count)
        sent = GaugeMetricFamily(
            "itops_deliveries", "Deliveries in the log, by outcome.", labels=["outcome"]
        )
        for outcome, number in delivery_log.counts().items():
            sent.add_metric([outcome], number)
        yield from (open_ones, sent)
        yield GaugeMetricFamily(
            "itops_alerts_quiet", "Alerts that are kept quiet.", value=listing.quiet_count(true())
        )
