"""The agent of the server's own machine, as a child of `itops run`: enrolled once, kept running."""

import encodings.idna  # noqa: F401 - see OwnAgent
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from itops.cli.worker_process import wait_until_answers
from itops.config import Settings
from itops.services.certificates import Files
from itops.services.enrolling.agent_source import agent_source

#: How long after its end the agent is started again.
RESTART_SECONDS = 10.0
START_SECONDS = 60.0


class OwnAgent:
    """Runs the agent beside the server while the block lasts; without a code or key, nothing.

    Web processes are forked while its thread runs. An import that the thread is in the middle of
    then stays locked in the fork for ever, so nothing may be left to import: looking up an address
    loads `encodings.idna`, which every request needs too.
    """

    def __init__(self, settings: Settings, code: str | None) -> None:
        self._url = settings.local_url
        has_own = settings.has_own_authority
        self._authority = Files(settings.tls_folder).authority.resolve() if has_own else None
        self._code = code
        self._folder = settings.data_dir.absolute() / "agent"
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="own-agent", daemon=True)

    def __enter__(self) -> Self:
        if self._code or self._config.exists():
            self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Let the agent say farewell, while there is still a server to hear it."""
        self._stopping.set()
        if self._child and self._child.poll() is None:
            self._child.terminate()
            self._child.wait(timeout=10)

    @property
    def _config(self) -> Path:
        return self._folder / "agent.ini"

    def _run(self) -> None:
        if not wait_until_answers(self._url, seconds=START_SECONDS, authority=self._authority):
            return
        if self._code and not self._config.exists():
            trust = ("--ca-file", str(self._authority)) if self._authority else ()
            self._start(
                "enroll", "--server", self._url, "--code-file", "-", *trust, told=self._code
            )
        while not self._stopping.is_set():
            self._start("run")
            self._stopping.wait(RESTART_SECONDS)

    def _start(self, *arguments: str, told: str | None = None) -> None:
        """Run the agent to its end; a secret is told it, for its arguments are there for all."""
        command = [sys.executable, "-m", "itops_agent", "--config", str(self._config), *arguments]
        # In its folder, so that Python finds it there: an installed server has it only as data.
        self._child = subprocess.Popen(  # noqa: S603 - our own arguments
            command, cwd=agent_source(), stdin=subprocess.PIPE if told else None
        )
        self._child.communicate(told.encode() if told else None)
