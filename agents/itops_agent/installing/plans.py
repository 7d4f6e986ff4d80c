"""Which steps, on which system."""

from __future__ import annotations

import os
import sys

from itops_agent import config, texts
from itops_agent.errors import Declined
from itops_agent.installing import linux, steps, windows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from itops_agent.installing.steps import Step


def install(config_path: str, *, dry_run: bool) -> int:
    """Install so that the agent starts with the system. Return the exit code."""
    require_rights(dry_run=dry_run)
    is_enrolled = os.path.exists(config.Config(config_path, config.DEFAULTS).key_file)
    plan = here().install(config_path, is_enrolled=is_enrolled)
    code = steps.carry_out(plan, dry_run=dry_run)
    if code == 0 and not dry_run:
        sys.stdout.write(texts.say("install.done") + "\n")
        if not is_enrolled:
            sys.stdout.write(texts.say("install.next", start=here().START) + "\n")
    return code


def uninstall(config_path: str, *, dry_run: bool, purge: bool) -> int:
    """Undo it; with `purge` the settings, the key and the spool go too. Return the exit code."""
    require_rights(dry_run=dry_run)
    plan: list[Step] = here().uninstall(config_path, purge=purge)
    code = steps.carry_out(plan, dry_run=dry_run)
    if code == 0 and not dry_run:
        sys.stdout.write(texts.say("install.removed") + "\n")
    return code


def here() -> type[linux.Linux] | type[windows.Windows]:
    if sys.platform == "win32":
        return windows.Windows
    if not os.path.isdir("/run/systemd/system") and not os.path.isdir("/etc/systemd/system"):
        raise Declined("install.unsupported")
    return linux.Linux


def require_rights(*, dry_run: bool) -> None:
    if not dry_run and hasattr(os, "geteuid") and os.geteuid() != 0:
        raise Declined("install.rights")
