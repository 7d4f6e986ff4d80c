"""The lines that install the agent on a machine, for each system."""

import shlex
from dataclasses import dataclass

from itops.services.enrolling.agent_files import quoted

#: Where a machine keeps the certificate of our private authority.
AUTHORITY_FILE = "/usr/local/share/itops-authority.pem"


@dataclass(frozen=True)
class InstallLines:
    """What to type on a machine of each system."""

    linux: str
    windows: str


def of(server: str, code: str, *, authority: str = "") -> InstallLines:
    """Return the lines for a server's address and a code; without a code, the script asks for it.

    `authority` is the SHA-256 of our private authority's certificate, if the server's comes from
    there: it is fetched unchecked, and trusted only if it is the one that the page named.

    The code is a variable, never part of an address or an argument: those are logged and listed.
    """
    script = shlex.quote(f"{server}/agent/install.sh")
    trust = f" --cacert {AUTHORITY_FILE}" if authority else ""
    fetch = f"curl -fsS{trust} {script}"
    address = quoted(f"{server}/agent/install.ps1")
    load = f"iex ((New-Object Net.WebClient).DownloadString({address}))"
    if not code:
        return InstallLines(f"{fetch} | sudo sh", load)
    kept = "ITOPS_AGENT_CODE,ITOPS_AGENT_CA" if authority else "ITOPS_AGENT_CODE"
    linux = (
        f"{_trusting(server, authority) if authority else ''}"
        f"export ITOPS_AGENT_CODE={shlex.quote(code)}\n"
        f"{fetch} | sudo --preserve-env={kept} sh"
    )
    return InstallLines(linux, f"$env:ITOPS_AGENT_CODE = {quoted(code)}\n{load}")


def _trusting(server: str, authority: str) -> str:
    """Return the lines that fetch our authority's certificate and check that it is the one."""
    address = shlex.quote(f"{server}/agent/authority.pem")
    return (
        f"sudo curl -fsSk -o {AUTHORITY_FILE} {address}\n"
        f"echo {shlex.quote(f'{authority}  {AUTHORITY_FILE}')} | sha256sum -c || exit\n"
        f"export ITOPS_AGENT_CA={AUTHORITY_FILE}\n"
    )
