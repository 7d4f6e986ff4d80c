"""A systemd service under a user of its own that may do next to nothing."""

from __future__ import annotations

import os

from itops_agent import config
from itops_agent.installing.steps import Folder, Own, Remove, Run, Step, Unpack, Write

USER = "itops-agent"
PROGRAM = "/usr/local/lib/itops-agent"
COMMAND = "/usr/local/bin/itops-agent"
UNIT = "/etc/systemd/system/itops-agent.service"
PYTHON = "/usr/bin/python3"

#: Read-only home: the size of a separate /home must be seen, its contents are closed by modes.
SERVICE = f"""\
[Unit]
Description=itops agent: this machine's health
Documentation=file:{PROGRAM}
Wants=network-online.target
After=network-online.target
ConditionPathExists=@KEY@

[Service]
User={USER}
Group={USER}
ExecStartPre=-+{PYTHON} -s {PROGRAM} hardware
ExecStart={PYTHON} -s {PROGRAM} --config @CONFIG@ run
Restart=always
RestartSec=30
TimeoutStopSec=20
KillMode=mixed
StateDirectory=itops-agent
StateDirectoryMode=0755
RuntimeDirectory=itops-agent
RuntimeDirectoryMode=0750
UMask=0077
Environment=MALLOC_ARENA_MAX=1
Nice=5
MemoryMax=256M
TasksMax=100

CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
PrivateDevices=yes
PrivateTmp=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""

WRAPPER = f"""\
#!/bin/sh
exec {PYTHON} -s {PROGRAM} "$@"
"""


class Linux:
    """The steps for a system with systemd."""

    START = "systemctl start itops-agent"

    @staticmethod
    def install(config_path: str, *, is_enrolled: bool) -> list[Step]:
        made = config.Config(config_path, config.DEFAULTS)
        start = ("enable", "--now") if is_enrolled else ("enable",)
        return [
            Run(
                "useradd", "--system", "--user-group", "--no-create-home",
                "--home-dir", made.data_dir, "--shell", "/usr/sbin/nologin", USER,
                may_fail=True,
            ),
            Unpack(PROGRAM),
            Write(COMMAND, WRAPPER, mode=0o755),
            Folder(os.path.dirname(os.path.abspath(config_path))),
            Folder(made.data_dir, owner=USER),
            Own(made.key_file, USER),
            Write(UNIT, unit(made)),
            Run("systemctl", "daemon-reload"),
            Run("systemctl", *start, "itops-agent.service"),
        ]  # fmt: skip

    @staticmethod
    def uninstall(config_path: str, *, purge: bool) -> list[Step]:
        made = config.Config(config_path, config.DEFAULTS)
        plan: list[Step] = [
            Run("systemctl", "disable", "--now", "itops-agent.service", may_fail=True),
            Remove(UNIT),
            Run("systemctl", "daemon-reload", may_fail=True),
            Remove(COMMAND),
            Remove(PROGRAM),
        ]
        if purge:
            folder = os.path.dirname(os.path.abspath(config_path))
            plan += [Remove(folder), Remove(made.data_dir), Run("userdel", USER, may_fail=True)]
        return plan


def unit(made: config.Config) -> str:
    path = os.path.abspath(made.path)
    return SERVICE.replace("@CONFIG@", path).replace("@KEY@", made.key_file)
