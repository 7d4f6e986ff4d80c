"""The log: one line an event, as text or JSON, without secrets, and none that input forges."""

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

from itops.log_lines import PatientHandler

Event = MutableMapping[str, Any]
#: Fields whose content is nobody's business.
SECRET_FIELDS = re.compile(r"password|secret|token|cookie|authorization|^key$|_key$|^code$", re.I)
#: What gives a secret away inside of a text, and what stands there instead.
SECRET_TEXTS = (
    (re.compile(r"(/(?:welcome|calendar|heartbeats)/)[\w%-]+"), r"\1***"),
    (re.compile(r"(/[fq]/)[0-9A-Za-z-]{8,}"), r"\1***"),
    (re.compile(r"(?i)\b((?:key|access_token|token|sign|secret)=)[\w%.~+-]+"), r"\1***"),
    (re.compile(r"(/hook/)[\w-]+"), r"\1***"),
    (re.compile(r"(://[^/\s:@]*:)[^/\s@]+@"), r"\1***@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), r"\1 ***"),
    (re.compile(r"\bitops_[\w-]{40,}"), "itops_***"),
    (re.compile(r"\b[A-Z2-7]{4}(?:-[A-Z2-7]{4}){5,}\b"), "***"),
    (re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3,}\b"), "***"),
)
#: Fields that every line has; they come first.
FIRST = ("timestamp", "level", "logger", "event")


def set_up(*, level: str, as_json: bool) -> None:
    """Send everything that this process logs to stderr, once."""
    shared: list[Any] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_secrets,
    ]
    last = structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else as_line
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )
    handler = PatientHandler()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())


def without_secrets(_logger: object, _method: str, event: Event) -> Event:
    """Blot out secrets by the name of their field and by how they look."""
    for name, value in event.items():
        if SECRET_FIELDS.search(name):
            event[name] = "***"
        elif isinstance(value, str):
            event[name] = blotted(value)
    return event


def blotted(text: str) -> str:
    """Return a text without what looks like a secret."""
    for pattern, instead in SECRET_TEXTS:
        text = pattern.sub(instead, text)
    return text


def as_line(_logger: object, _method: str, event: Event) -> str:
    """Return an event as a line for people; a traceback follows, each line of it marked."""
    told = dict(event)
    trace = str(told.pop("exception", ""))
    first = [one_line(told.pop(name, "")) for name in FIRST]
    rest = [f"{one_line(name)}={one_line(value)}" for name, value in told.items()]
    lines = [one_line(line) for line in trace.split("\n")] if trace else []
    return "\n    | ".join([" ".join([*first, *rest]), *lines])


def one_line(value: Any) -> str:
    """Return a text that can neither end its line nor steer a terminal."""
    text = str(value)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
