"""Who acts: the person of this request, as the audit log and timelines name them."""

from flask import request
from flask_login import current_user

from itops.services.auditing import Actor


def actor() -> Actor:
    """Return the person of this request; a request without one acts as nobody."""
    if current_user.is_authenticated:
        return Actor(current_user.id, current_user.name, request.remote_addr or "")
    return Actor(None, "", request.remote_addr or "")
