"""The figures of alerts for Prometheus."""

from itops.checks.base import State
from tests.services.alerting.world import engineer, mail_channel, told, trouble


def test_alerts_and_messages_are_counted(client):
    told(mail_channel(), engineer())
    trouble("thing:1")
    trouble("thing:2", state=State.WARNING)
    figures = client.get("/metrics").text
    for line in (
        'itops_alerts_open{state="critical"} 1.0',
        'itops_alerts_open{state="warning"} 1.0',
        'itops_alerts_open{state="unknown"} 0.0',
        'itops_deliveries{outcome="waiting"} 2.0',
        'itops_deliveries{outcome="failed"} 0.0',
        "itops_alerts_quiet 0.0",
    ):
        assert line in figures
