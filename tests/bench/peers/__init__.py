"""Programs that we are measured beside: Debian packages, started with configurations of our own."""

import re
import shutil
import subprocess

#: Each program and the package it comes in.
PACKAGES = {
    "influxd": "influxdb",
    "prometheus-node-exporter": "prometheus-node-exporter",
    "zabbix_agentd": "zabbix-agent",
    "collectd": "collectd-core",
    "wrk": "wrk",
}


def program(name: str) -> str | None:
    """Return the path of a peer's program; None where it is not installed."""
    return shutil.which(name, path="/usr/bin:/usr/sbin:/usr/local/bin")


def versions() -> dict[str, str]:
    """Return the versions of the peers' packages that are installed."""
    found = {}
    for package in PACKAGES.values():
        command = ["dpkg-query", "-W", "-f", "${Version}", package]
        if shutil.which(command[0]) is None:
            break
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0 and re.match(r"[0-9]", done.stdout):
            found[package] = done.stdout.split("+")[0]
    return found
