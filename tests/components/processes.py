"""Starting and ending the processes of components."""

import socket
import subprocess
import time

import psutil


def wait_for_port(port: int, process: subprocess.Popen[bytes], *, seconds: float = 20) -> None:
    """Return once something listens on `port`; fail if the process ends first."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"nothing listens on {port}")


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it started, at once."""
    try:
        family = psutil.Process(process.pid)
        everybody = [*family.children(recursive=True), family]
    except psutil.NoSuchProcess:
        everybody = []
    for one in everybody:
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue
    process.wait(10)
