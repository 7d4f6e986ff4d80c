"""Messages to the robots of chat groups: WeCom, DingTalk and Feishu.

They answer 200 also when they refuse a message: what counts stands in the answer's body.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import quote_plus

from itops.remote.posting import Answer, post
from itops.remote.sending import NotSent, Rules, said

#: Bytes of a text that each takes (WeCom's documentation: 2,048; the others': 20 kB).
LONGEST_WECOM = 2_000
LONGEST_OTHERS = 18_000
#: What robots call the number that is 0 when they took the message.
CODES = ("errcode", "code", "StatusCode")
REASONS = ("errmsg", "msg", "StatusMessage")


@dataclass(frozen=True)
class Robot:
    """A group's robot: the address with its token, and the secret that it wants signed, if any."""

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)


Sender = Callable[[Robot, str, datetime, Rules], str]


def wecom(robot: Robot, text: str, at: datetime, rules: Rules) -> str:  # noqa: ARG001 - as the others
    """Send to a WeCom group (documented in its "group robot configuration")."""
    content = clipped(text, LONGEST_WECOM)
    return _sent(robot.url, {"msgtype": "text", "text": {"content": content}}, rules)


def dingtalk(robot: Robot, text: str, at: datetime, rules: Rules) -> str:
    """Send to a DingTalk group; with a secret, signed over milliseconds, in the address."""
    url, content = robot.url, clipped(text, LONGEST_OTHERS)
    if robot.secret:
        stamp = str(int(at.timestamp() * 1000))
        sign = _signed(robot.secret.encode(), f"{stamp}\n{robot.secret}".encode())
        url += f"{'&' if '?' in url else '?'}timestamp={stamp}&sign={quote_plus(sign)}"
    return _sent(url, {"msgtype": "text", "text": {"content": content}}, rules)


def feishu(robot: Robot, text: str, at: datetime, rules: Rules) -> str:
    """Send to a Feishu group; with a secret, signed over seconds, in the body."""
    content = clipped(text, LONGEST_OTHERS)
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": content}}
    if robot.secret:
        stamp = str(int(at.timestamp()))
        sign = _signed(f"{stamp}\n{robot.secret}".encode(), b"")
        body |= {"timestamp": stamp, "sign": sign}
    return _sent(robot.url, body, rules)


#: The robots by the name of their kind.
SENDERS: Mapping[str, Sender] = MappingProxyType(
    {"wecom": wecom, "dingtalk": dingtalk, "feishu": feishu}
)


def clipped(text: str, most: int) -> str:
    """Return as much of `text` as fits into `most` bytes, without half a character.

    >>> clipped("检验科 LIS", 9), clipped("LIS", 9)
    ('检验…', 'LIS')
    """
    whole = text.encode()
    if len(whole) <= most:
        return text
    return whole[: most - 3].decode("utf-8", "ignore") + "…"


def _signed(key: bytes, text: bytes) -> str:
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def _sent(url: str, body: Mapping[str, Any], rules: Rules) -> str:
    """Send, and return what the robot said. Raise NotSent if it refused."""
    answer = post(url, json.dumps(body, ensure_ascii=False).encode(), rules)
    if not answer.is_good:
        raise NotSent("sending.http_status", status=answer.status, why=said(answer.body))
    return _read(answer)


def _read(answer: Answer) -> str:
    found = answer.json()
    code = _first(found, CODES) if isinstance(found, dict) else None
    if code is None:
        raise NotSent("sending.no_robot", why=said(answer.body))
    reason = said(_first(found, REASONS) or "")
    if code != 0:
        raise NotSent("sending.robot_refused", code=said(code), why=reason)
    return reason


def _first(found: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((found[name] for name in names if name in found), None)
