"""Messages to other programs: JSON, signed, so that they know from whom it is and that it is whole.

The signature is HMAC-SHA256 with the shared secret over "<epoch seconds>.<body>", in hex:
`X-Itops-Signature: t=1763870760,v1=5257a869…`. `X-Itops-Delivery` stays the same when a message is
repeated, so that the receiver can tell.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from itops.remote.posting import post
from itops.remote.sending import NotSent, Rules, said


@dataclass(frozen=True)
class Hook:
    """Where to, and the secret that both sides know; without one nothing is signed."""

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)


def send(
    hook: Hook, message: Mapping[str, Any], delivery: str, *, at: datetime, rules: Rules
) -> str:
    """Send a message, and return the status: any 2xx means it was taken, else NotSent is raised."""
    body = json.dumps(message, ensure_ascii=False, sort_keys=True).encode()
    headers = {"X-Itops-Delivery": delivery}
    if hook.secret:
        headers["X-Itops-Signature"] = signature(hook.secret, body, at=at)
    answer = post(hook.url, body, rules, headers)
    if not answer.is_good:
        raise NotSent("sending.http_status", status=answer.status, why=said(answer.body))
    return str(answer.status)


def signature(secret: str, body: bytes, *, at: datetime) -> str:
    """Return what stands in the header X-Itops-Signature."""
    stamp = str(int(at.timestamp()))
    made = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256)
    return f"t={stamp},v1={made.hexdigest()}"
