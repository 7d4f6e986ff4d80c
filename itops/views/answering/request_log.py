"""One line in the log for each request: its route, never its address, which may hold a secret."""

import logging

from flask import Flask, Response, g, request

from itops.clock import monotonic

log = logging.getLogger("itops.request")
#: What comes every minute from every machine, and says nothing while it goes well.
QUIET = ("static_files.", "probes.", "reports.", "agents.")


def init_app(app: Flask) -> None:
    """Write down every request."""
    app.before_request(begin)
    app.after_request(end)


def begin() -> None:
    """Take note of when a request came."""
    g.began = monotonic()


def end(response: Response) -> Response:
    """Write down how a request ended."""
    level = _level(request.endpoint or "", response.status_code)
    if log.isEnabledFor(level):
        facts = {
            "request_id": g.get("request_id", ""),
            "method": request.method,
            "route": request.url_rule.rule if request.url_rule else "-",
            "status": response.status_code,
            "address": request.remote_addr,
            "milliseconds": round((monotonic() - g.get("began", monotonic())) * 1000, 1),
        }
        log.log(level, "request", extra=facts)
    return response


def _level(endpoint: str, status: int) -> int:
    if status >= 500:
        return logging.ERROR
    is_quiet = status < 400 and endpoint.startswith(QUIET)
    return logging.DEBUG if is_quiet else logging.INFO
