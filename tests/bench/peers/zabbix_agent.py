"""zabbix-agent (the one in C): asked for 25 items, a connection each, as a server does."""

import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.bench.peers import program
from tests.bench.processes import Running

NAME = "zabbix-agent"
ITEMS = [
    "agent.ping",
    "agent.hostname",
    "system.uptime",
    "system.cpu.load[all,avg1]",
    "system.cpu.load[all,avg5]",
    "system.cpu.load[all,avg15]",
    "system.cpu.num",
    "system.cpu.util[,user]",
    "system.cpu.util[,system]",
    "system.cpu.util[,iowait]",
    "vm.memory.size[total]",
    "vm.memory.size[available]",
    "vm.memory.size[pavailable]",
    "system.swap.size[,total]",
    "system.swap.size[,free]",
    "vfs.fs.size[/,total]",
    "vfs.fs.size[/,used]",
    "vfs.fs.size[/,pused]",
    "vfs.fs.inode[/,pfree]",
    "net.if.in[lo]",
    "net.if.out[lo]",
    "net.if.in[lo,errors]",
    "proc.num[]",
    "system.users.num",
    "system.boottime",
]


@contextmanager
def asked(folder: Path) -> Iterator[tuple[Running, Callable[[], None]] | None]:
    """Give the running agent and a function that asks it once; None if it isn't installed."""
    path = program("zabbix_agentd")
    if path is None:
        yield None
        return
    port = low_port()
    configuration = folder / "zabbix.conf"
    configuration.write_text(
        f"PidFile={folder}/zabbix.pid\nLogType=console\nServer=127.0.0.1\nListenIP=127.0.0.1\n"
        f"ListenPort={port}\nAllowRoot=1\nHostname=bench\n"
    )
    with Running([path, "-f", "-c", str(configuration)], log=folder / "zabbix.log") as running:
        running.wait_for_port(port)
        yield running, lambda: ask(port)


def low_port() -> int:
    """Return a port that nobody listens on, below 32768: zabbix_agentd takes no other."""
    for port in range(20_000 + os.getpid() % 10_000, 32_768):
        with suppress(OSError):
            socket.create_server(("127.0.0.1", port)).close()
            return port
    raise RuntimeError("no port below 32768 is free")


def ask(port: int) -> None:
    for item in ITEMS:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(b"ZBXD\x01" + struct.pack("<Q", len(item)) + item.encode())
            answer = b""
            while more := connection.recv(4096):
                answer += more
        if not answer.startswith(b"ZBXD"):
            raise RuntimeError(f"zabbix-agent said {answer!r} to {item}")
