"""The local file, the only thing that the agent obeys: `name = value` lines, one setting each.

The key of this host stands in a file of its own beside it, so that the settings can be shown to
anybody. Only this module reads the environment.
"""

from __future__ import annotations

import json
import os

from itops_agent.errors import ConfigWrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULTS = {
    "server": "",
    "ca_file": "",
    "proxy": "auto",
    "data_dir": "",
    "interval_seconds": "60",
    "inventory_hours": "24",
    "spool_mebibytes": "64",
    "spool_days": "30",
}
NUMBERS = {
    "interval_seconds": (5, 3600),
    "inventory_hours": (1, 24 * 7),
    "spool_mebibytes": (1, 1024),
    "spool_days": (3, 90),
}
HEAD = "# Settings of itops-agent. Every name is explained in docs/agent.md.\n"


class Config:
    """The settings, checked; and where things are kept."""

    def __init__(self, path: str, settings: Mapping[str, str]) -> None:
        self.path = path
        self.server = settings["server"].rstrip("/")
        self.ca_file = settings["ca_file"]
        self.proxy = settings["proxy"]
        self.data_dir = settings["data_dir"] or default_data_dir(path)
        self.interval_seconds = int(settings["interval_seconds"])
        self.inventory_seconds = int(settings["inventory_hours"]) * 3600
        self.spool_bytes = int(settings["spool_mebibytes"]) * 2**20
        self.spool_reports = int(settings["spool_days"]) * 86400 // self.interval_seconds

    @property
    def key_file(self) -> str:
        return os.path.join(os.path.dirname(os.path.abspath(self.path)), "agent.key")

    @property
    def spool_dir(self) -> str:
        return os.path.join(self.data_dir, "spool")

    @property
    def status_file(self) -> str:
        return os.path.join(self.data_dir, "status.json")

    @property
    def inventory_file(self) -> str:
        return os.path.join(self.data_dir, "inventory.json")


def environment() -> Mapping[str, str]:
    return os.environ


def default_path() -> str:
    return os.environ.get("ITOPS_AGENT_CONFIG") or os.path.join(default_folder(), "agent.conf")


def default_folder() -> str:
    if os.name == "nt":
        return os.path.join(os.environ.get("PROGRAMDATA", r"C:\ProgramData"), "itops-agent")
    return "/etc/itops-agent"


def default_data_dir(config_path: str) -> str:
    """Return the system's place for the system's settings; else a folder beside the settings."""
    folder = os.path.dirname(os.path.abspath(config_path))
    is_system_wide = os.name != "nt" and folder == default_folder()
    return "/var/lib/itops-agent" if is_system_wide else os.path.join(folder, "data")


def load(path: str) -> Config:
    """Return the settings of the file. Raise ConfigWrong, naming the line, if one is wrong."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            return Config(path, checked(path, parse(path, file.read())))
    except FileNotFoundError:
        raise ConfigWrong("config.missing", path=path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigWrong("config.unreadable", path=path, why=reason(error)) from None


def parse(path: str, text: str) -> dict[str, str]:
    """Return the settings that stand in the text."""
    settings: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, sign, value = (part.strip() for part in line.partition("="))
        if not name or name.startswith(("#", ";")):
            continue
        if not sign or name not in DEFAULTS or name in settings:
            raise ConfigWrong("config.line", path=path, number=number, line=line.strip())
        settings[name] = value
    return settings


def checked(path: str, settings: Mapping[str, str]) -> dict[str, str]:
    """Return the settings with the defaults filled in. Raise ConfigWrong for a wrong number."""
    whole = {**DEFAULTS, **settings}
    for name, (least, most) in NUMBERS.items():
        if not (whole[name].isascii() and whole[name].isdigit()) or not (
            least <= int(whole[name]) <= most
        ):
            raise ConfigWrong("config.number", path=path, name=name, least=least, most=most)
    return whole


def save(config_path: str, settings: Mapping[str, str]) -> None:
    """Write the settings that differ from the defaults; keep the rest of an existing file."""
    kept: dict[str, str] = {}
    if os.path.exists(config_path):
        with open(config_path, encoding="utf-8-sig") as file:
            kept = parse(config_path, file.read())
    merged = {**kept, **{name: value for name, value in settings.items() if value}}
    lines = [f"{name} = {merged[name]}\n" for name in DEFAULTS if name in merged]
    write_private(config_path, (HEAD + "".join(lines)).encode(), mode=0o644)


class Credential:
    """Who this host is to the server: its public id, its key, and what it was enrolled as."""

    def __init__(self, told: Mapping[str, object]) -> None:
        self.host = str(told["host"])
        self.key = str(told["key"])
        self.server = str(told.get("server") or "")
        self.machine = str(told.get("machine") or "")
        self.install_id = str(told.get("install_id") or "")
        found = told.get("identifiers")
        self.identifiers: list[dict[str, str]] = found if isinstance(found, list) else []

    @property
    def bearer(self) -> str:
        return f"Bearer {self.host}.{self.key}"

    def save(self, path: str) -> None:
        write_private(path, json.dumps(vars(self), indent=1).encode(), mode=0o600)


def load_credential(config: Config) -> Credential:
    """Return this host's key. Raise ConfigWrong if the machine is not enrolled."""
    try:
        with open(config.key_file, encoding="utf-8") as file:
            return Credential(json.load(file))
    except FileNotFoundError:
        raise ConfigWrong("config.not_enrolled", path=config.key_file) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigWrong("config.unreadable", path=config.key_file, why=reason(error)) from None


def reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__


def write_private(path: str, data: bytes, *, mode: int, durable: bool = True) -> None:
    """Replace the file at once or not at all; give it to whom its folder belongs."""
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, mode=0o755, exist_ok=True)
    draft = path + ".new"
    handle = os.open(
        draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), mode
    )
    with open(handle, "wb") as file:
        file.write(data)
        if hasattr(os, "fchmod"):
            os.fchmod(file.fileno(), mode)
        file.flush()
        if durable:
            os.fsync(file.fileno())
    keep_owner(draft, folder)
    os.replace(draft, path)
    if durable:
        sync_folder(folder)


def keep_owner(path: str, folder: str) -> None:
    """As root, hand the file to its folder's owner: the unprivileged service must read it."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        owner = os.stat(folder)
        os.chown(path, owner.st_uid, owner.st_gid)


def sync_folder(folder: str) -> None:
    """Make the folder's list of names durable (Windows does so by itself)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def system_language() -> str:
    """Return the language of Windows' user interface; English elsewhere."""
    if os.name != "nt":
        return "en"
    import locale  # noqa: PLC0415  (only Windows needs it)

    return "zh" if (locale.getlocale()[0] or "").lower().startswith(("zh", "chinese")) else "en"
