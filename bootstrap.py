#!/usr/bin/env python3
"""Stands on a bare Python: makes the environment from the locks, then runs one command in it.

    python3 bootstrap.py run        the server, with this machine's agent and the demo hospital
    python3 bootstrap.py test       every test that this machine can run, with coverage
    python3 bootstrap.py check      format, lint, types, imports, quick tests: under a minute

`python3 bootstrap.py` alone lists the rest. What follows a command is handed on to it.

The environment is `.venv`, or ITOPS_VENV. Packages come from `wheelhouse/` (or ITOPS_WHEELHOUSE)
where there is one, so that everything works without a network; else from pip's configured index.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST = (3, 11)
WINDOWS = os.name == "nt"
LOCKS = {"base": ("base",), "dev": ("base", "dev")}


def main() -> int:
    """Do what the command line asks for. Return the exit code."""
    name = sys.argv[1] if len(sys.argv) > 1 else "help"
    if name not in COMMANDS:
        print(__doc__)
        print("Commands:", ", ".join(sorted(COMMANDS)))
        return 0 if name in ("help", "-h", "--help") else 2
    if sys.version_info[:2] < OLDEST:
        return run_with_a_newer_python()
    locks, action = COMMANDS[name]
    return action(environment(locks), sys.argv[2:])


def run_with_a_newer_python() -> int:
    """Start again with the newest Python on this machine that is new enough."""
    for minor in range(20, OLDEST[1] - 1, -1):
        found = shutil.which("python3.%d" % minor)
        if found and works(found):
            return subprocess.call([found, *sys.argv])
    here = "%d.%d" % sys.version_info[:2]
    return refuse("itops needs Python 3.11 or newer; this is %s and no newer one was found." % here)


def works(python: str) -> bool:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.call([python, "-c", "import venv"], **quiet) == 0


def refuse(reason: str) -> int:
    print(reason, file=sys.stderr)
    return 1


# --- the environment ---


def environment(locks: str) -> str:
    """Given the name of a set of locks, return the Python of an environment that has them all."""
    folder = Path(os.environ.get("ITOPS_VENV") or ROOT / ".venv")
    python = folder / ("Scripts/python.exe" if WINDOWS else "bin/python")
    stamp = folder / (".itops-%s" % locks)
    wanted = fingerprint(locks, folder)
    if not (python.exists() and stamp.exists() and stamp.read_text() == wanted):
        if not stands_here(folder, python):
            make(folder)
        install(str(python), locks)
        stamp.write_text(wanted)
    return str(python)


def fingerprint(locks: str, folder: Path) -> str:
    """Say what the environment was made from: the locks, the Python, and where it stands."""
    parts = [lock_file(name).read_bytes() for name in LOCKS[locks]]
    parts += [sys.version.encode(), str(folder.resolve()).encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def lock_file(name: str) -> Path:
    return ROOT / "requirements" / (name + ".txt")


def stands_here(folder: Path, python: Path) -> bool:
    """Say whether the environment runs and was made for this place and this Python."""
    question = "import sys; print(sys.prefix); print(sys.version)"
    try:
        answer = subprocess.run(
            [str(python), "-c", question], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    home = folder / "itops-made-for"
    place = home.read_text() if home.exists() else str(folder.resolve())
    return place == str(folder.resolve()) and answer.stdout.endswith(sys.version + "\n")


def make(folder: Path) -> None:
    """Make an empty environment, in place of a broken or moved one."""
    try:
        import ensurepip  # noqa: F401, PLC0415  (Debian leaves it out of python3)
    except ImportError:
        package = "python3-venv"
        sys.exit("Python's venv is missing here. On Debian: apt-get install %s" % package)
    print("itops: making the environment", folder, file=sys.stderr, flush=True)
    if subprocess.call([sys.executable, "-m", "venv", "--clear", str(folder)]):
        sys.exit("itops: the environment could not be made (see above)")
    (folder / "itops-made-for").write_text(str(folder.resolve()))


def install(python: str, locks: str) -> None:
    """Install exactly what the locks list; every file is checked against its hash."""
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-input", "--no-compile", "--no-deps", "--require-hashes"]
    wheels = Path(os.environ.get("ITOPS_WHEELHOUSE") or ROOT / "wheelhouse")
    if wheels.is_dir():
        command += ["--no-index", "--find-links", str(wheels)]
    for name in LOCKS[locks]:
        command += ["-r", str(lock_file(name))]
    source = "from %s" % wheels if wheels.is_dir() else "with pip"
    print("itops: installing the locked packages", source, file=sys.stderr, flush=True)
    if subprocess.call(command):
        sys.exit("itops: installing the locked packages failed (see above)")


# --- the commands: each gets the environment's Python and the rest of the command line ---


def surroundings() -> "dict[str, str]":
    """Return the variables under which the checkout's own packages are found."""
    paths = [str(ROOT), str(ROOT / "agents"), os.environ.get("PYTHONPATH", "")]
    return dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in paths if path))


def call(python: str, *arguments: str) -> int:
    return subprocess.call([python, *arguments], cwd=str(ROOT), env=surroundings())


def run(python: str, rest: "list[str]") -> int:
    """Become the server, so that a signal to this process reaches it."""
    settings = surroundings()
    settings.setdefault("ITOPS_DATA_DIR", str(ROOT / "var"))
    arguments = [python, "-m", "itops", "run", "--demo", "--agent", *rest]
    if WINDOWS:
        return subprocess.call(arguments, env=settings)
    os.execve(python, arguments, settings)  # noqa: S606  (no shell is wanted)
    return 0


def itops(python: str, rest: "list[str]") -> int:
    return call(python, "-m", "itops", *rest)


def test(python: str, rest: "list[str]") -> int:
    return call(python, "-m", "pytest", "-n", "auto", "--cov", *rest)


def test_full(python: str, rest: "list[str]") -> int:
    return test(python, ["--full", *rest])


def check(python: str, rest: "list[str]") -> int:
    """Stop at the first of the tools that objects, cheapest first."""
    quick = "not slow and not browser and not postgresql and not faults"
    steps = [
        ["-m", "ruff", "format", "--check", "."],
        ["-m", "ruff", "check", "."],
        ["-m", "mypy"],
        ["-c", "from importlinter.cli import lint_imports_command as lint; lint()"],
        ["-m", "pytest", "-q", "-n", "2", "-m", quick, *rest],
    ]
    return next((code for code in (call(python, *step) for step in steps) if code), 0)


def tidy(python: str, _rest: "list[str]") -> int:
    """Format and mend what the tools can mend by themselves."""
    return call(python, "-m", "ruff", "check", "--fix", ".") or call(
        python, "-m", "ruff", "format", "."
    )


def bench(python: str, rest: "list[str]") -> int:
    return call(python, "-m", "tests.bench", *rest)


COMMANDS = {
    "run": ("base", run),
    "itops": ("base", itops),
    "test": ("dev", test),
    "test-full": ("dev", test_full),
    "check": ("dev", check),
    "tidy": ("dev", tidy),
    "bench": ("dev", bench),
}

if __name__ == "__main__":
    sys.exit(main())
