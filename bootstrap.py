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
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST = (3, 11)
MEMORY, FAST_BYTES = Path("/dev/shm"), 2**30  # noqa: S108 - a folder of our own is made in it
WINDOWS = os.name == "nt"
LOCKS = {"base": ("base",), "dev": ("base", "dev"), "agent38": ("agent", "agent38")}


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
        if found and has_venv(found):
            return subprocess.call([found, *sys.argv])
    here = "%d.%d" % sys.version_info[:2]
    return refuse("itops needs Python 3.11 or newer; this is %s and no newer one was found." % here)


def refuse(reason: str) -> int:
    print(reason, file=sys.stderr)
    return 1


# --- the environment ---


def environment(locks: str) -> str:
    """Given the name of a set of locks, return the Python of an environment that has them all."""
    folder = place(locks)
    python = folder / ("Scripts/python.exe" if WINDOWS else "bin/python")
    version = "" if has_moved(folder) else version_of(str(python))
    if not version:
        make(folder, locks)
        version = version_of(str(python))
    stamp = folder / (".itops-%s" % locks)
    wanted = fingerprint(locks, version)
    if not stamp.exists() or stamp.read_text() != wanted:
        install(str(python), locks)
        stamp.write_text(wanted)
    return str(python)


def place(locks: str) -> Path:
    if locks == "agent38":
        return ROOT / ".venv38"
    return Path(os.environ.get("ITOPS_VENV") or ROOT / ".venv")


def has_moved(folder: Path) -> bool:
    """Say whether the environment was made for another place: its scripts name that one."""
    home = folder / "itops-made-for"
    return home.exists() and home.read_text() != str(folder.resolve())


def version_of(python: str) -> str:
    """Return the version of a Python that has pip; nothing if it doesn't run or has none."""
    question = "import sys, importlib.util as i; print(sys.version if i.find_spec('pip') else '')"
    try:
        answer = subprocess.check_output([python, "-I", "-c", question], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return answer.decode().strip()


def fingerprint(locks: str, version: str) -> str:
    """Say what an environment is made from: the locks and the Python."""
    parts = [lock_file(name).read_bytes() for name in LOCKS[locks]]
    return hashlib.sha256(b"\0".join([*parts, version.encode()])).hexdigest()


def lock_file(name: str) -> Path:
    return ROOT / "requirements" / (name + ".txt")


def make(folder: Path, locks: str) -> None:
    """Make an empty environment, in place of a broken or moved one."""
    base = python38() if locks == "agent38" else sys.executable
    if not has_venv(base):
        sys.exit("Python's venv is missing here. On Debian: apt-get install python3-venv")
    if folder.exists() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").exists():
        sys.exit("itops: %s is not a Python environment; not touching it" % folder)
    say("making the environment %s" % folder)
    if subprocess.call([base, "-m", "venv", "--clear", str(folder)]):
        sys.exit("itops: the environment could not be made (see above)")
    (folder / "itops-made-for").write_text(str(folder.resolve()))


def has_venv(python: str) -> bool:
    """Say whether a Python runs and can make an environment (Debian packs ensurepip apart)."""
    command = [python, "-c", "import ensurepip, venv"]
    return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


def install(python: str, locks: str) -> None:
    """Install exactly what the locks list; every file is checked against its hash."""
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-input", "--no-compile", *locked(locks)]
    wheels = Path(os.environ.get("ITOPS_WHEELHOUSE") or ROOT / "wheelhouse")
    if wheels.is_dir():
        command += ["--no-index", "--find-links", str(wheels)]
    say("installing the locked packages " + ("from %s" % wheels if wheels.is_dir() else "with pip"))
    if subprocess.call(command):
        sys.exit("itops: installing the locked packages failed (see above)")


def locked(locks: str) -> "list[str]":
    """Return pip's options for what a set of locks names, that and no more."""
    files = [part for name in LOCKS[locks] for part in ("-r", str(lock_file(name)))]
    return ["--no-deps", "--require-hashes", *files]


def say(text: str) -> None:
    print("itops: " + text, file=sys.stderr, flush=True)


def python38() -> str:
    """Return the oldest Python that the agent runs on, as PYTHON38 or the machine has it."""
    named = [os.environ.get("PYTHON38"), shutil.which("python3.8")]
    named += [str(path) for path in Path.home().glob(".pyenv/versions/3.8.*/bin/python")]
    return next((path for path in named if path and has_venv(path)), "")


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
    if not WINDOWS:
        os.execve(python, arguments, settings)  # noqa: S606  (no shell is wanted)
    return subprocess.call(arguments, env=settings)


def itops(python: str, rest: "list[str]") -> int:
    return call(python, "-m", "itops", *rest)


def test(python: str, rest: "list[str]") -> int:
    system_packages("tests")
    # One more than there are processors: many tests wait for servers that they started.
    workers = str((os.cpu_count() or 1) + 1)
    return call(python, "-m", "pytest", "-n", workers, "--dist", "worksteal", "--cov", *rest)


def system_packages(group: str) -> None:
    """Install the real components that tests or benchmarks use, where that can be done.

    Where it can't, pytest leaves out what needs them and says why.
    """
    if shutil.which("apt-get"):
        subprocess.call([str(ROOT / ".ci" / "system-packages"), group])


def test_full(python: str, rest: "list[str]") -> int:
    return test(python, ["--full", *rest])


def lint(python: str, _rest: "list[str]") -> int:
    """Stop at the first of the tools that objects, cheapest first."""
    steps = [
        ["-m", "ruff", "format", "--check", "."],
        ["-m", "ruff", "check", "."],
        ["-m", "mypy"],
        ["-c", "from importlinter.cli import lint_imports_command as lint; lint()"],
    ]
    return next((code for code in (call(python, *step) for step in steps) if code), 0)


def check(python: str, rest: "list[str]") -> int:
    """Ask the tools, then the quick tests."""
    found = lint(python, rest)
    if found:
        return found
    quick = "not slow and not browser and not postgresql and not faults"
    with tempfile.TemporaryDirectory(prefix="itops-check-", dir=fast_folder()) as folder:
        files = ["--basetemp", folder + "/tests", "-o", "tmp_path_retention_policy=failed"]
        return call(python, "-m", "pytest", "-q", "-n", "2", "-m", quick, *files, *rest)


def fast_folder() -> "str | None":
    """Return a folder in memory, if there is one with room: quick tests need no power cut's care.

    Each commit waits for the disk, and half of the tests commit.
    """
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > FAST_BYTES
    return str(MEMORY) if has_room and os.access(MEMORY, os.W_OK) else None


def bench(python: str, rest: "list[str]") -> int:
    system_packages("bench")
    return call(python, "-m", "tests.bench", *rest)


def chore(python: str, _rest: "list[str]") -> int:
    return call(python, "-m", "tools.chores", *sys.argv[1:])


def show(python: str, _rest: "list[str]") -> int:
    """Print the environment's Python, for scripts that need it."""
    print(python)
    return 0


COMMANDS = {
    "run": ("base", run),
    "itops": ("base", itops),
    "lint": ("dev", lint),
    "check": ("dev", check),
    "test": ("dev", test),
    "test-full": ("dev", test_full),
    "test-agent38": ("dev", chore),
    "tidy": ("dev", chore),
    "docs": ("dev", chore),
    "audit": ("dev", chore),
    "lock": ("dev", chore),
    "wheelhouse": ("dev", chore),
    "bench": ("dev", bench),
    "python": ("dev", show),
}

if __name__ == "__main__":
    sys.exit(main())
