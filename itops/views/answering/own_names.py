"""By which names this server may be called: a stranger's name that leads here is a trick.

A page elsewhere can let its own name point to this server (DNS rebinding) and would then share
our origin. An address in digits can't be pointed anywhere.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask, current_app, request
from werkzeug.exceptions import HTTPException

from itops.services.certificates import own_names


class WrongNameError(HTTPException):
    """A request came under a name that is not ours (421 Misdirected Request)."""

    code = 421


def init_app(app: Flask) -> None:
    """Remember our names."""
    app.extensions["own_names"] = frozenset(own_names(app.config["ITOPS"]))


def check_name() -> None:
    """Raise WrongNameError if this request was sent to a name that is not ours."""
    name = urlsplit(f"//{request.host}").hostname or ""
    if name not in current_app.extensions["own_names"] and not is_address(name):
        raise WrongNameError


def is_address(name: str) -> bool:
    """Whether a host is given in digits."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
