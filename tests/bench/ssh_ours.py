"""Ask every machine of a field its time, as the product does: FIELD new|kept THREADS ROUNDS.

Prints one line of JSON: how many answers were judged, the seconds, and our processor seconds.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from itops.checks.base import State
from itops.checks.catalogue import CHECKS
from itops.checks.kind import conclude
from itops.remote.asking import Target, ask
from itops.remote.ssh import HostKey, SshCredential, SshTarget, Transports

KIND = CHECKS["clock"]


def main(path: Path, how: str, threads: int, rounds: int) -> None:
    field = json.loads(path.read_text())
    credential = SshCredential("1", private_key=Path(field["key"]).read_text())
    host_key = HostKey(*field["host_key"])
    targets = [
        Target(address, ssh=SshTarget(address, field["user"], credential, host_key, port))
        for address, port in field["targets"]
    ]
    kept = Transports()
    params = KIND.params()
    question = KIND.ask(params)

    def check(target: Target) -> bool:
        pool = kept if how == "kept" else Transports()
        answer = ask(question, target, pool)
        if how == "new":
            pool.close()
        return conclude(KIND, answer, params, {}).state is State.OK

    with ThreadPoolExecutor(threads) as workers:
        if how == "kept":
            list(workers.map(check, targets))
        began, used = time.monotonic(), time.process_time()
        good = sum(sum(workers.map(check, targets)) for _ in range(rounds))
        seconds, cpu = time.monotonic() - began, time.process_time() - used
    kept.close()
    print(json.dumps({"n": good, "seconds": seconds, "cpu_seconds": cpu}))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
