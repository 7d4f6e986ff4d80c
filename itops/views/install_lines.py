"""The lines that install the agent on a machine, for each system."""

import shlex
from dataclasses import dataclass

from itops.services.agent_files import quoted


@dataclass(frozen=True)
class InstallLines:
    """What to type on a machine of each system."""

    linux: str
    windows: str


def of(server: str, code: str) -> InstallLines:
    """Return the lines for a server's address and a code; without a code, the script asks for it.

    The code is a variable, never part of an address or an argument: those are logged and listed.
    """
    fetch = f"curl -fsS {shlex.quote(f'{server}/agent/install.sh')}"
    address = quoted(f"{server}/agent/install.ps1")
    load = f"iex ((New-Object Net.WebClient).DownloadString({address}))"
    if not code:
        return InstallLines(f"{fetch} | sudo sh", load)
    linux = (
        f"export ITOPS_AGENT_CODE={shlex.quote(code)}\n"
        f"{fetch} | sudo --preserve-env=ITOPS_AGENT_CODE sh"
    )
    return InstallLines(linux, f"$env:ITOPS_AGENT_CODE = {quoted(code)}\n{load}")
