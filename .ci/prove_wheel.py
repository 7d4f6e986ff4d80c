"""Starts an installed `itops` on a free port and reads from it what a checkout would not prove.

Usage: prove_wheel.py ITOPS DATA_DIR. Templates, styles, translations and migrations all have to
come out of the wheel: the pages are read in both languages, with the files that they name. So does
the agent, which the server runs for its own machine: that machine's health has to arrive.
"""

import json
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import NamedTuple

#: Long enough for a slow CI machine; the start itself has a test of its own.
PATIENCE_SECONDS = 60


class Answer(NamedTuple):
    status: int
    text: str


def main(program: str, data_dir: str) -> None:
    port = free_port()
    settings = {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "ITOPS_DATA_DIR": data_dir,
        "ITOPS_PORT": str(port),
    }
    server = subprocess.Popen([program, "run", "--agent"], env=settings, cwd="/", stdin=DEVNULL)
    try:
        wait(lambda: is_ready(f"http://127.0.0.1:{port}"), server, "did not answer")
        read_pages(f"http://127.0.0.1:{port}")
        wait(lambda: has_reported(program, settings), server, "heard nothing of its own machine")
    finally:
        server.terminate()
        code = server.wait(timeout=60)
    expect(code == 0, f"itops run ended with {code} when asked to stop")
    print("the wheel runs: pages in both languages, their files, an agent whose reports arrive")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait(until: Callable[[], bool], server: "subprocess.Popen[bytes]", complaint: str) -> None:
    """Wait for something to hold; give up when the server ends or it takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not until():
        expect(server.poll() is None, f"itops run ended with {server.returncode}")
        expect(time.monotonic() < deadline, f"itops run {complaint}")
        time.sleep(0.2)


def is_ready(base: str) -> bool:
    try:
        return fetch(f"{base}/healthz").status == fetch(f"{base}/readyz").status == 200
    except OSError:
        return False


def has_reported(program: str, settings: dict[str, str]) -> bool:
    command = [program, "hosts", "list", "--json"]
    printed = subprocess.run(command, env=settings, cwd="/", check=True, stdout=PIPE).stdout
    return any(host["state"] != "unknown" for host in json.loads(printed))


def read_pages(base: str) -> None:
    pages = {language: fetch(f"{base}/", language) for language in ("en", "zh-CN")}
    for language, page in pages.items():
        expect(page.status == 200, f"/ in {language}: {page.status}")
    expect('lang="en"' in pages["en"].text, "the English page does not say that it is English")
    expect(bool(re.search("[\u4e00-\u9fff]", pages["zh-CN"].text)), "no Chinese on the page")
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', pages["en"].text)
    expect(len(files) >= 2, f"the page names too few files of its own: {files}")
    for path in files:
        expect(fetch(base + path).status == 200, f"{path} is not in the wheel")


def fetch(url: str, language: str = "en") -> Answer:
    request = urllib.request.Request(url, headers={"Accept-Language": language})  # noqa: S310 - ours
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - ours
            return Answer(answer.status, answer.read().decode("utf-8", "replace"))
    except urllib.error.HTTPError as error:
        return Answer(error.code, "")


def expect(holds: bool, complaint: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        sys.exit(complaint)


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).absolute()), sys.argv[2])
