"""Programs that run a command on many machines: OpenSSH itself, Ansible, and two libraries."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.peers import program
from tests.bench.processes import ROOT, surroundings

LIBRARIES = ("asyncssh", "parallel-ssh")
WANTED = ("ansible-core", *LIBRARIES)
COMMAND = "export LC_ALL=C; date +%s.%N"
AT_ONCE = 50
#: Ansible takes a quarter of a minute for the whole field; a rate needs no more than this.
FEWER = 100
SSH_OPTIONS = (
    "-F none -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
    " -o LogLevel=ERROR -o BatchMode=yes -o KexAlgorithms=curve25519-sha256"
)


@dataclass(frozen=True)
class Spent:
    """How many answers came, in how many seconds, for how much processor time of the client."""

    count: int
    seconds: float
    cpu_seconds: float

    @property
    def a_second(self) -> float:
        return self.count / self.seconds

    @property
    def cpu_ms(self) -> float:
        return self.cpu_seconds / self.count * 1000


def environment() -> Path | None:
    """Return the Python that has the peers, in a folder of their own; None if they can't be had.

    They are never installed beside our packages. ITOPS_BENCH_PEERS names another folder.
    """
    folder = Path(os.environ.get("ITOPS_BENCH_PEERS") or ROOT / ".bench-peers")
    python = folder / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        command = [str(python), "-m", "pip", "install", "--quiet", *WANTED]
        subprocess.run(command, check=False, stderr=subprocess.DEVNULL)
    try:
        subprocess.run([str(python), "-c", "import ansible, asyncssh, pssh"], check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return python


def library(python: Path, field: Path, name: str, how: str, rounds: int) -> Spent:
    """Measure one of the libraries on connections that are new or kept."""
    script = ROOT / "tests/bench/peers/ssh_libraries.py"
    return counted([str(python), str(script), str(field), name, how, str(rounds)])


def counted(command: Sequence[str]) -> Spent:
    """Run a client that prints what it spent. Raise RuntimeError if not all machines answered."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=surroundings({}), timeout=300
    )
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stderr[-400:]}")
    said = json.loads(done.stdout.splitlines()[-1])
    return Spent(said["n"], said["seconds"], said["cpu_seconds"])


def openssh(folder: Path, field: Path) -> Spent | None:
    """Measure `ssh` itself, fifty at once, a new connection each."""
    ssh, xargs = program("ssh"), program("xargs")
    if ssh is None or xargs is None:
        return None
    about = json.loads(field.read_text())
    hosts = folder / "hosts"
    hosts.write_text("".join(f"{address} {port}\n" for address, port in about["targets"][:FEWER]))
    line = f"{ssh} {SSH_OPTIONS} -i {about['key']} -p $1 {about['user']}@$0 '{COMMAND}'"
    command = [xargs, "-a", str(hosts), "-P", str(AT_ONCE), "-L", "1", "sh", "-c", line]
    return timed(command, {}, is_answer=lambda said: said.replace(".", "").isdigit())


def ansible(python: Path, folder: Path, field: Path, *, keeps: bool) -> Spent:
    """Measure `ansible -m raw` with 50 forks, or `-m command` with ControlPersist, pipelined."""
    about = json.loads(field.read_text())
    lines = [
        f"t{number} ansible_host={address} ansible_port={port}"
        for number, (address, port) in enumerate(about["targets"][:FEWER])
    ]
    lines += ["[all:vars]", f"ansible_user={about['user']}"]
    lines += [f"ansible_ssh_private_key_file={about['key']}"]
    lines += ["ansible_python_interpreter=/usr/bin/python3"]
    inventory = folder / "inventory"
    inventory.write_text("\n".join(lines) + "\n")
    control = "-o ControlMaster=auto -o ControlPersist=60s" if keeps else "-o ControlMaster=no"
    variables = {
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_TIMEOUT": "60",
        "ANSIBLE_PIPELINING": str(keeps),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder / "cp"),
        "ANSIBLE_SSH_ARGS": f"-F none -C {control} -o UserKnownHostsFile=/dev/null",
        "LC_ALL": "C.UTF-8",
    }
    module = "command" if keeps else "raw"
    words = ["all", "-i", str(inventory), "-f", str(AT_ONCE), "-m", module, "-a", "date"]
    return timed(
        [str(python.with_name("ansible")), *words],
        variables,
        is_answer=lambda said: "rc=0 >>" in said,
    )


def timed(
    command: Sequence[str], variables: Mapping[str, str], *, is_answer: Callable[[str], bool]
) -> Spent:
    """Run a program for all machines; raise RuntimeError if not all answered."""
    before, began = os.times(), time.monotonic()
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=surroundings(variables),
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
    seconds, after = time.monotonic() - began, os.times()
    count = sum(map(is_answer, done.stdout.splitlines()))
    if count < FEWER:
        raise RuntimeError(
            f"{command[0]}: {count} of {FEWER}: {done.stdout[:300]}{done.stderr[-300:]}"
        )
    cpu = after.children_user + after.children_system
    return Spent(count, seconds, cpu - before.children_user - before.children_system)
