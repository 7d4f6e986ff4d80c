"""Settings: read once from the environment and a file, checked at start, never read again."""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from itops.errors import Invalid, Misconfigured
from itops.i18n import LANGUAGES, best_language
from itops.setting_sources import PREFIX, said
from itops.setting_texts import (
    ROLES,
    database_url,
    folders,
    host_names,
    master_keys,
    names,
    networks,
    one_of,
    some_of,
    time_zone,
    web_address,
    whole,
    yes_or_no,
)

#: pypinyin reads this when it is imported: its phrases take 43 MiB in every process, and the
#: register's names are found by the readings of their characters.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
#: Ways to listen on every network of the machine.
ANY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104 - compared only
LOG_LEVELS = ("debug", "info", "warning", "error")
#: Settings whose content is never printed.
SECRETS = frozenset({"master_key"})
HIDDEN = "***"
#: Logs and evidence are kept at least this long ("not less than six months").
SHORTEST_EVIDENCE_DAYS = 184


def setting(default: Any, read: Callable[[str], Any], about: str) -> Any:
    """Declare one setting: its default, how its text is read, and what it does."""
    return field(default=default, metadata={"read": read, "about": about})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting of itops. The variable is the name in capitals after ITOPS_."""

    data_dir: Path = setting(Path("var"), Path, "Folder of the database, secrets and logs.")
    database_url: str = setting(
        "", database_url, "Where the database is; empty means SQLite in the data folder."
    )
    host: str = setting("127.0.0.1", str, "Address to listen on; 0.0.0.0 is every network.")
    port: int = setting(8080, whole(1, 65535), "Port to listen on.")
    public_url: str = setting(
        "", web_address, "Address that people and agents use; used in links, labels and scripts."
    )
    trusted_hosts: tuple[str, ...] = setting(
        (), host_names, "Further names by which this server may be called, commas between."
    )
    threads: int = setting(16, whole(1, 256), "Requests that are worked on at the same time.")
    workers: int = setting(1, whole(1, 64), "Web processes; more than one needs PostgreSQL.")
    tls: bool = setting(
        default=False,
        read=yes_or_no,
        about="Serve https, with a certificate of our own private authority.",
    )
    tls_certificate: Path | None = setting(None, Path, "Certificate file (PEM) to serve https.")
    tls_key: Path | None = setting(None, Path, "Private key file (PEM) of the certificate.")
    time_zone: str = setting("Asia/Shanghai", time_zone, "Time zone in which times are shown.")
    language: str = setting("zh_Hans", one_of(*LANGUAGES), "Language for who hasn't chosen one.")
    hospital: str = setting("", str, "Name of the hospital, on pages and in print.")
    log_level: str = setting("info", one_of(*LOG_LEVELS), "Least important log lines kept.")
    log_format: str = setting(
        "text", one_of("text", "json"), "How log lines are written to stderr."
    )
    session_idle_minutes: int = setting(
        30, whole(1, 1440), "Minutes without a click after which a person is signed out."
    )
    session_hours: int = setting(
        12, whole(1, 168), "Hours after which a person signs in again in any case."
    )
    password_length: int = setting(12, whole(8, 64), "Characters that a new password has at least.")
    password_max_days: int = setting(
        0, whole(0, 3650), "Days after which a person chooses a new password; 0: never."
    )
    passwords_remembered: int = setting(
        5, whole(1, 24), "Last passwords that are not taken again, where passwords have an age."
    )
    admin_networks: tuple[str, ...] = setting(
        (),
        networks,
        "Networks from which the three administrators' roles hold, commas between; empty: all.",
    )
    three_administrators: bool = setting(
        default=False,
        read=yes_or_no,
        about="System, security and audit administrator in different hands; roles are approved.",
    )
    two_factor_roles: tuple[str, ...] = setting((), some_of(*ROLES), "Roles with a second factor.")
    metrics_from: tuple[str, ...] = setting(
        ("127.0.0.0/8", "::1/128"), networks, "Addresses that may read /metrics."
    )
    proxies: int = setting(
        0, whole(0, 5), "Reverse proxies in front, whose forwarded address is believed."
    )
    master_key: tuple[str, ...] = setting(
        (),
        master_keys,
        "Keys that seal stored secrets (base64, the newest first); empty: a file in the data"
        " folder.",
    )
    messages_to_own_machine: bool = setting(
        default=False,
        read=yes_or_no,
        about="Send messages also to mail relays and webhooks on this machine itself.",
    )
    messages_authority: Path | None = setting(
        None,
        Path,
        "File (PEM) of authorities that mail and chat servers' certificates may be from.",
    )
    backup_dirs: tuple[Path, ...] = setting(
        (), folders, "Folders of this server in which backups are looked at, commas between."
    )
    restore_here: bool = setting(
        default=False,
        read=yes_or_no,
        about="This server restores backups to test them; a clinical dump is patient data.",
    )
    restore_dir: Path | None = setting(None, Path, "Folder for restored copies; empty: /var/tmp.")
    backup_minutes: int = setting(10, whole(5, 1440), "Minutes between copies of our own database.")
    backup_second_dir: Path | None = setting(
        None, Path, "Folder, a mounted share for instance, that gets each of our own copies, too."
    )
    keep_reports_hours: int = setting(
        6, whole(2, 48), "Hours for which each report is kept as it came."
    )
    keep_samples_days: int = setting(
        30, whole(7, 400), "Days for which every sample is kept, packed."
    )
    keep_five_minutes_days: int = setting(
        396, whole(SHORTEST_EVIDENCE_DAYS, 1000), "Days for which 5-minute figures are kept."
    )
    keep_hours_days: int = setting(
        1827, whole(SHORTEST_EVIDENCE_DAYS, 7320), "Days for which hourly figures are kept."
    )
    audit_hash: str = setting(
        "sha256", one_of("sha256", "sm3"), "Hash function of the audit log's chain."
    )
    seal_folder: Path | None = setting(
        None, Path, "Folder for a second file of the audit log's seals, best on another machine."
    )
    seal_channels: tuple[str, ...] = setting(
        (), names, "Channels for the audit log's seals; mail goes to the audit administrators."
    )
    keep_audit_days: int = setting(
        1827, whole(SHORTEST_EVIDENCE_DAYS, 36500), "Days for which the audit log is kept."
    )

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is the embedded one."""
        return self.sqlalchemy_url.startswith("sqlite")

    @property
    def sqlalchemy_url(self) -> str:
        """The database's address as SQLAlchemy wants it."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'itops.db').absolute()}"

    @property
    def is_encrypted(self) -> bool:
        """Whether this server itself serves https."""
        return self.tls or self.tls_certificate is not None

    @property
    def has_own_authority(self) -> bool:
        """Whether machines must be told to trust the authority in the data folder."""
        return self.tls and self.tls_certificate is None

    @property
    def scratch_folder(self) -> Path:
        """Where restored copies live: a short path that another account may enter."""
        mine = hashlib.sha256(str(self.data_dir.absolute()).encode()).hexdigest()[:12]
        return self.restore_dir or Path("/var/tmp") / f"itops-restore-{mine}"  # noqa: S108 - owned

    @property
    def tls_folder(self) -> Path:
        """Where the private authority and its certificates are."""
        return self.data_dir / "tls"

    @property
    def local_url(self) -> str:
        """The address for programs on this machine; a given certificate names only its own."""
        if self.tls_certificate:
            return self.own_url
        host = self.host if self.host not in ANY_ADDRESS else "127.0.0.1"
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    @property
    def own_url(self) -> str:
        """The address to print and to put into links when no public one is set."""
        scheme = "https" if self.is_encrypted else "http"
        host = "127.0.0.1" if self.host in ANY_ADDRESS else self.host
        return self.public_url or f"{scheme}://{host}:{self.port}"


def load(environ: Mapping[str, str] = os.environ, **given: Any) -> Settings:
    """Return the settings: `given` first, then variables, then the file, then defaults.

    The file is TOML, named by ITOPS_SETTINGS_FILE, or `itops.toml` in the working folder. Raise
    Misconfigured with the name of the first setting that is wrong or not known.
    """
    known = {entry.name: entry for entry in fields(Settings)}
    values: dict[str, Any] = {}
    for name, (text, where) in said(environ).items():
        if name not in known:
            raise Misconfigured("config.unknown", name=where)
        try:
            values[name] = known[name].metadata["read"](text)
        except Invalid as error:
            shown = HIDDEN if name in SECRETS else text
            told = {"name": where, "value": shown, "reason": error.message}
            raise Misconfigured("config.wrong", **told) from None
    settings = Settings(**{**values, **given})
    _check_together(settings)
    return settings


def _check_together(settings: Settings) -> None:
    """Raise Misconfigured where settings that are fine alone don't fit each other."""
    if settings.workers > 1 and settings.is_sqlite:
        raise Misconfigured("config.workers_need_postgresql", name=f"{PREFIX}WORKERS")
    if bool(settings.tls_certificate) != bool(settings.tls_key):
        raise Misconfigured("config.tls_needs_both", name=f"{PREFIX}TLS_KEY")


def sources(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return, for every setting that is not left at its default, where it was said."""
    return {name: where for name, (_text, where) in said(environ).items()}


def described() -> list[tuple[str, str, str]]:
    """Return (variable, default, what it does) of every setting, for the documentation."""
    return [
        (f"{PREFIX}{entry.name.upper()}", _as_text(entry.default), entry.metadata["about"])
        for entry in fields(Settings)
    ]


def _as_text(default: Any) -> str:
    if default in {MISSING, None}:
        return ""
    return ", ".join(default) if isinstance(default, tuple) else str(default)


def terminal_language(environ: Mapping[str, str] = os.environ) -> str:
    """Return the language of the terminal that a command runs in; English when it says none."""
    names = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    wanted = next((environ[name] for name in names if environ.get(name)), "en")
    return best_language(wanted.split(".")[0].replace("_", "-"), "en")


def hand_down(**given: str) -> None:
    """Set settings for this process and those that it starts, as if they were variables."""
    os.environ.update({f"{PREFIX}{name.upper()}": text for name, text in given.items()})
