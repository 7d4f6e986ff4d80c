"""What an installation is made of: steps that can be shown before they are done."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile

from itops_agent import config, programs, texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

STEP_SECONDS = 120


class Step:
    """Something to be done, and how to say it. A step that `may_fail` is tried only."""

    may_fail = False

    def describe(self) -> str:
        raise NotImplementedError

    def do(self) -> None:
        raise NotImplementedError


class Run(Step):
    """A program with constant words."""

    def __init__(self, *words: str, may_fail: bool = False) -> None:
        self.words = words
        self.may_fail = may_fail

    def describe(self) -> str:
        return "run    " + " ".join(self.words)

    def do(self) -> None:
        subprocess.run(  # noqa: S603  (the words are constants of this package)
            self.words,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=STEP_SECONDS,
            creationflags=programs.HIDDEN,
        )


class Write(Step):
    """A file with this text."""

    def __init__(self, path: str, text: str, *, mode: int = 0o644, encoding: str = "utf-8") -> None:
        self.path = path
        self.text = text
        self.mode = mode
        self.encoding = encoding

    def describe(self) -> str:
        return f"write  {self.path}\n" + "".join(f"       | {line}\n" for line in self.lines())

    def lines(self) -> list[str]:
        return self.text.splitlines()

    def do(self) -> None:
        config.write_private(self.path, self.text.encode(self.encoding), mode=self.mode)


class Folder(Step):
    """A folder that exists, with everything in it owned by `owner`."""

    def __init__(self, path: str, *, owner: str = "", mode: int = 0o755) -> None:
        self.path = path
        self.owner = owner
        self.mode = mode

    def describe(self) -> str:
        return f"folder {self.path}" + (f" (owner {self.owner})" if self.owner else "")

    def do(self) -> None:
        os.makedirs(self.path, mode=self.mode, exist_ok=True)
        for place, _, names in os.walk(self.path) if self.owner else ():
            for path in (place, *(os.path.join(place, name) for name in names)):
                shutil.chown(path, self.owner, self.owner)


class Own(Step):
    """A file that, if it exists, belongs to `owner`."""

    def __init__(self, path: str, owner: str) -> None:
        self.path = path
        self.owner = owner

    def describe(self) -> str:
        return f"owner  {self.path} → {self.owner}"

    def do(self) -> None:
        if os.path.exists(self.path):
            shutil.chown(self.path, self.owner, self.owner)


class Remove(Step):
    """A file or folder that is gone."""

    def __init__(self, path: str) -> None:
        self.path = path

    def describe(self) -> str:
        return f"remove {self.path}"

    def do(self) -> None:
        if os.path.isdir(self.path) and not os.path.islink(self.path):
            shutil.rmtree(self.path)
        elif os.path.lexists(self.path):
            os.unlink(self.path)


class Unpack(Step):
    """A copy of this program in a folder that Python can start.

    Unpacked, because then its byte code is kept: the single file is compiled at every start.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def describe(self) -> str:
        return f"copy   this program → {self.folder}"

    def do(self) -> None:
        fresh = self.folder + ".new"
        shutil.rmtree(fresh, ignore_errors=True)
        place = source()
        if zipfile.is_zipfile(place):
            with zipfile.ZipFile(place) as archive:
                archive.extractall(fresh)
            unpack_psutil(fresh)
        else:
            skipped = shutil.ignore_patterns("__pycache__")
            package = os.path.join(place, "itops_agent")
            shutil.copytree(package, os.path.join(fresh, "itops_agent"), ignore=skipped)
            config.write_private(os.path.join(fresh, "__main__.py"), MAIN.encode(), mode=0o644)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.replace(fresh, self.folder)
        subprocess.run(  # noqa: S603  (constant words)
            [sys.executable, "-m", "compileall", "-q", self.folder],
            check=False,
            timeout=STEP_SECONDS,
            stdout=subprocess.DEVNULL,
        )


MAIN = "import sys\n\nfrom itops_agent.cli import main\n\nsys.exit(main(sys.argv[1:]))\n"


def source() -> str:
    """Return where this program stands: a folder, or the single file."""
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def unpack_psutil(folder: str) -> None:
    """Put the psutil that the single file carries for this system beside us; drop the rest."""
    wheels = os.path.join(folder, "wheels")
    if not os.path.isdir(wheels):
        return
    fitting = [name for name in sorted(os.listdir(wheels)) if fits_here(name)]
    if fitting:
        with zipfile.ZipFile(os.path.join(wheels, fitting[-1])) as wheel:
            wheel.extractall(folder)
    shutil.rmtree(wheels)


def fits_here(wheel: str) -> bool:
    """Say whether a wheel's name says that it runs on this system (abi3 wheels fit any Python)."""
    import platform  # noqa: PLC0415  (wanted once)

    machine = platform.machine().lower()
    if sys.platform == "win32":
        return wheel.endswith("win_arm64.whl" if "arm" in machine else "win_amd64.whl")
    return "manylinux" in wheel and wheel.endswith(f"_{machine}.whl")


def carry_out(steps: Sequence[Step], *, dry_run: bool) -> int:
    """Do the steps in turn, or show them. Return 0, or 1 with the step that failed."""
    for step in steps:
        sys.stdout.write(step.describe().rstrip("\n") + "\n")
        if dry_run:
            continue
        try:
            step.do()
        except (OSError, LookupError, subprocess.SubprocessError, shutil.Error) as error:
            if step.may_fail:
                continue
            said = step.describe().partition("\n")[0]
            sys.stderr.write(texts.say("install.failed", step=f"{said} ({error})") + "\n")
            return 1
    return 0
