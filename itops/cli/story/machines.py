"""The story's machines: a server that is asked over SSH, and a UPS behind Network UPS Tools."""

import getpass
import importlib.resources
import os
from dataclasses import dataclass, field
from pathlib import Path

from itops.cli.story.programs import Process, free_port, program, run
from itops.clock import utcnow

SSHD_CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PrintMotd no
"""
#: What the UPS says while all is well; the acts change some of it.
UPS_IS_WELL = {
    "ups.status": "OL",
    "battery.charge": "100",
    "battery.runtime": "2400",
    "ups.load": "37",
    "battery.voltage": "54.4",
    "battery.temperature": "25",
    "input.voltage": "228",
    "input.frequency": "50",
    "output.voltage": "230",
}
UPS_NAME = "ups-yj"


@dataclass
class SshServer:
    """An OpenSSH server that lets one key in, which runs nothing but `itops-check`."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: Process | None = None

    def start(self, public_key: str) -> None:
        """Serve, for the key that itops made; itself proven by a host key of its own."""
        self.folder.mkdir(mode=0o755)
        run([program("ssh-keygen"), "-q", "-N", "", "-t", "ed25519", "-f", self._path("host_key")])
        script = self.folder / "itops-check"
        script.write_bytes(
            importlib.resources.files("itops").joinpath("checks/itops-check.sh").read_bytes()
        )
        script.chmod(0o755)
        line = f'command="{script}",restrict {public_key.strip()}\n'
        (self.folder / "authorized_keys").write_text(line, "utf-8")
        config = SSHD_CONFIG.format(port=self.port, folder=self.folder)
        (self.folder / "sshd_config").write_text(config, "utf-8")
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        command = [program("sshd"), "-D", "-e", "-f", self._path("sshd_config")]
        self.process = Process(command, self.folder / "log").start()
        self.process.wait_for_port(self.port)

    def fingerprint(self) -> str:
        """Return the host key's fingerprint as a person at the machine would read it."""
        from itops.remote.ssh import HostKey  # noqa: PLC0415 - paramiko is slow to load

        algorithm, text = (self.folder / "host_key.pub").read_text("utf-8").split()[:2]
        return HostKey(algorithm, text).sha256

    def stop(self) -> None:
        if self.process:
            self.process.stop()

    def _path(self, name: str) -> str:
        return str(self.folder / name)


@dataclass
class Ups:
    """NUT's server with its dummy driver, which plays a UPS from a file."""

    folder: Path
    port: int = field(default_factory=free_port)
    processes: list[Process] = field(default_factory=list)
    #: The driver reads its file anew if that is of another second than before.
    said_at: int = 0

    def start(self) -> None:
        self.folder.mkdir(mode=0o700)
        self.say()
        device = f"[{UPS_NAME}]\ndriver = dummy-ups\nport = ups.dev\nmode = dummy-once\n"
        self._write("ups.conf", f"pollinterval = 1\nmaxretry = 1\n{device}")
        self._write("upsd.conf", f"LISTEN 127.0.0.1 {self.port}\nMAXAGE 15\n")
        self._write("upsd.users", "")
        self._write("nut.conf", "MODE=netserver\n")
        self._run("dummy-ups", "-a", UPS_NAME)
        self._run("upsd").wait_for_port(self.port)

    def say(self, **changed: str) -> None:
        """Let the UPS report this; what is not named is well. `_` stands for a dot."""
        told = UPS_IS_WELL | {name.replace("_", "."): text for name, text in changed.items()}
        self._write("ups.dev", "".join(f"{name}: {text}\n" for name, text in told.items()))
        self.said_at = max(int(utcnow().timestamp()), self.said_at + 1)
        os.utime(self.folder / "ups.dev", (self.said_at, self.said_at))

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.stop()

    def _run(self, name: str, *options: str) -> Process:
        places = ("NUT_CONFPATH", "NUT_STATEPATH", "NUT_ALTPIDPATH")
        command = [program(name), *options, "-u", getpass.getuser(), "-D"]
        variables = dict.fromkeys(places, str(self.folder))
        self.processes.append(Process(command, self.folder / f"{name}.log", variables).start())
        return self.processes[-1]

    def _write(self, name: str, text: str) -> None:
        path = self.folder / f"{name}.new"
        path.write_text(text, "utf-8")
        path.chmod(0o640)
        path.replace(self.folder / name)
