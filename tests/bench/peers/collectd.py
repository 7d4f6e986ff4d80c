"""collectd: collects by itself every second, ten plug-ins, and writes csv."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.peers import program
from tests.bench.processes import Running

NAME = "collectd"
PLUGINS = [
    "cpu",
    "df",
    "disk",
    "interface",
    "load",
    "memory",
    "processes",
    "swap",
    "users",
    "uptime",
    "csv",
]
EVERY_SECONDS = 1


@contextmanager
def collecting(folder: Path) -> Iterator[Running | None]:
    """Give the running daemon; None if it isn't installed."""
    path = program(NAME)
    if path is None:
        yield None
        return
    home = folder / "collectd"
    home.mkdir(exist_ok=True)
    configuration = folder / "collectd.conf"
    configuration.write_text(
        f'BaseDir "{home}"\nPIDFile "{home}/pid"\nPluginDir "/usr/lib/collectd"\n'
        f'TypesDB "/usr/share/collectd/types.db"\nInterval {EVERY_SECONDS}\nHostname "bench"\n'
        + "".join(f"LoadPlugin {plugin}\n" for plugin in PLUGINS)
        + f'<Plugin csv>\nDataDir "{home}/csv"\n</Plugin>\n'
    )
    with Running([path, "-f", "-C", str(configuration)], log=folder / "collectd.log") as running:
        yield running
