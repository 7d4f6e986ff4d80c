"""The alert pages: lists, one alert, planned stops, channels, who is told, what was sent."""

from itops.views.alerts import (
    channels,
    deliveries,
    handling,
    pages,
    quiets,
    subscriptions,
)

bp = pages.bp
for part in (handling.bp, quiets.bp, channels.bp, subscriptions.bp, deliveries.bp):
    bp.register_blueprint(part)
