"""Where the server and the proxy are, and which addresses are refused."""

from __future__ import annotations

import re
import socket

from itops_agent.errors import ConfigWrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# A grammar of our own: urllib.parse takes far more than we want, and keeps 0.4 MiB.
HOST = r"(?P<host>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?"
SERVER = re.compile(rf"(?P<scheme>https?)://{HOST}(?P<path>(?:/[A-Za-z0-9._~%-]*)*)")
PROXY = re.compile(rf"(?:http://)?(?:(?P<user>[^:@/\s]+)(?::(?P<password>[^@/\s]*))?@)?{HOST}/?")


class Address:
    """A server's address in parts. ConfigWrong if it isn't one that we use."""

    def __init__(self, url: str) -> None:
        match = SERVER.fullmatch(url)
        if match is None:
            raise ConfigWrong("address.wrong", url=url)
        self.url = url.rstrip("/")
        self.is_tls = match["scheme"] == "https"
        self.host = match["host"].strip("[]").lower()
        self.port = port(match["port"], 443 if self.is_tls else 80, "address.wrong", url)
        self.prefix = match["path"].rstrip("/")
        if not self.is_tls and not is_loopback_name(self.host):
            raise ConfigWrong("address.plain", url=url)

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_tls else 80) else f"{host}:{self.port}"


def port(digits: str | None, default: int, key: str, url: str) -> int:
    number = int(digits) if digits else default
    if not 0 < number < 65536:
        raise ConfigWrong(key, url=url)
    return number


def is_loopback_name(host: str) -> bool:
    return host == "localhost" or is_loopback(host)


def is_loopback(address: str) -> bool:
    """Say whether an address (no name) is this machine's own."""
    try:
        return socket.inet_pton(socket.AF_INET, address)[0] == 127
    except OSError:
        return address == "::1" or address.startswith("::ffff:127.")


class Proxy:
    """A proxy that tunnels (CONNECT), with its name and password if it wants them."""

    def __init__(self, url: str) -> None:
        match = PROXY.fullmatch(url)
        if match is None:
            raise ConfigWrong("address.proxy", url=url)
        self.host = match["host"].strip("[]")
        self.port = port(match["port"], 3128, "address.proxy", url)
        self.user = unquoted(match["user"] or "")
        self.password = unquoted(match["password"] or "")


def unquoted(text: str) -> str:
    """Undo the percent signs of an address."""
    raw = re.sub("%([0-9A-Fa-f]{2})", lambda match: chr(int(match[1], 16)), text)
    return raw.encode("latin-1", "ignore").decode("utf-8", "replace") if "%" in text else text


def proxy_for(address: Address, setting: str, environment: Mapping[str, str]) -> Proxy | None:
    """Return the proxy to use: the setting's, else the environment's (`auto`), or none.

    Plain http goes to this machine only, and so never through a proxy.
    """
    if setting == "none" or not address.is_tls:
        return None
    if setting not in ("", "auto"):
        return Proxy(setting)
    url = environment.get("https_proxy") or environment.get("HTTPS_PROXY") or ""
    exceptions = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    return Proxy(url) if url and not is_excepted(address.host, exceptions) else None


def is_excepted(host: str, exceptions: str) -> bool:
    """Say whether a host is named in NO_PROXY, itself or by the end of its name."""
    for word in (word.strip().lstrip("*").lstrip(".") for word in exceptions.split(",")):
        if word and (host == word or host.endswith("." + word)):
            return True
    return "*" in (word.strip() for word in exceptions.split(","))
