"""A scheduled task that starts with Windows, under the account that may do least.

A second task hears of the shutdown (event 1074) and leaves word for the first, because Windows
ends a task without telling it.
"""

from __future__ import annotations

import os
import sys
from xml.sax.saxutils import escape

from itops_agent import config
from itops_agent.installing.steps import Folder, Remove, Run, Step, Unpack, Write

TASK = "itops-agent"
FAREWELL_TASK = "itops-agent-farewell"
LOCAL_SERVICE = "S-1-5-19"

TASK_XML = """\
<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>{description}</Description></RegistrationInfo>
  <Triggers>{trigger}</Triggers>
  <Principals>
    <Principal id="Author"><UserId>{user}</UserId><RunLevel>LeastPrivilege</RunLevel></Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>7</Priority>
    <RestartOnFailure><Interval>PT1M</Interval><Count>999</Count></RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec><Command>{command}</Command><Arguments>{arguments}</Arguments></Exec>
  </Actions>
</Task>
"""
AT_BOOT = "<BootTrigger><Enabled>true</Enabled></BootTrigger>"
AT_SHUTDOWN = (
    "<EventTrigger><Enabled>true</Enabled><Subscription>&lt;QueryList&gt;&lt;Query Id='0' "
    "Path='System'&gt;&lt;Select Path='System'&gt;*[System[Provider[@Name='User32'] and "
    "EventID=1074]]&lt;/Select&gt;&lt;/Query&gt;&lt;/QueryList&gt;</Subscription></EventTrigger>"
)


class Windows:
    """The steps for Windows."""

    START = f"schtasks /Run /TN {TASK}"

    @staticmethod
    def install(config_path: str, *, is_enrolled: bool) -> list[Step]:
        folder = os.path.dirname(os.path.abspath(config_path))
        program = os.path.join(program_files(), "itops-agent")
        work = task("Sends this machine's health to itops.", AT_BOOT, program, config_path, "run")
        farewell = task(
            "Tells itops-agent that Windows shuts down.",
            AT_SHUTDOWN, program, config_path, "stop --reason shutdown",
        )  # fmt: skip
        plan: list[Step] = [
            Unpack(program),
            Folder(folder),
            Folder(os.path.join(folder, "data")),
            Run(
                "icacls", folder, "/inheritance:r", "/grant:r", "*S-1-5-18:(OI)(CI)F",
                "*S-1-5-32-544:(OI)(CI)F", f"*{LOCAL_SERVICE}:(OI)(CI)M",
            ),
        ]  # fmt: skip
        for name, xml in ((TASK, work), (FAREWELL_TASK, farewell)):
            path = os.path.join(folder, name + ".xml")
            plan += [
                Write(path, xml, encoding="utf-16"),
                Run("schtasks", "/Create", "/TN", name, "/XML", path, "/F"),
            ]
        return plan + ([Run("schtasks", "/Run", "/TN", TASK)] if is_enrolled else [])

    @staticmethod
    def uninstall(config_path: str, *, purge: bool) -> list[Step]:
        folder = os.path.dirname(os.path.abspath(config_path))
        plan: list[Step] = [
            Run("schtasks", "/End", "/TN", TASK, may_fail=True),
            Run("schtasks", "/Delete", "/TN", TASK, "/F", may_fail=True),
            Run("schtasks", "/Delete", "/TN", FAREWELL_TASK, "/F", may_fail=True),
            Remove(os.path.join(program_files(), "itops-agent")),
        ]
        return plan + ([Remove(folder)] if purge else [])


def program_files() -> str:
    return config.environment().get("PROGRAMFILES", r"C:\Program Files")


def task(description: str, trigger: str, program: str, config_path: str, words: str) -> str:
    """Return the task's XML. It runs without a window."""
    python = sys.executable.replace("python.exe", "pythonw.exe")
    return TASK_XML.format(
        description=escape(description),
        trigger=trigger,
        user=LOCAL_SERVICE,
        command=escape(python),
        arguments=escape(f'-s "{program}" --config "{config_path}" {words}'),
    )
