"""Run a command on every machine of a field with another library: FIELD LIBRARY new|kept ROUNDS.

This file is run by the peers' own Python, in which our packages are not installed. It prints what
ours prints. Host keys are not checked here: that is in the peers' favour.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

COMMAND = "export LC_ALL=C; date +%s.%N"
AT_ONCE = 50


def run(path, library, how, rounds):
    field = json.loads(Path(path).read_text())
    measure = {"asyncssh": by_asyncssh, "parallel-ssh": by_parallel_ssh}[library]
    count, seconds, cpu = measure(field, how, rounds)
    print(json.dumps({"n": count, "seconds": seconds, "cpu_seconds": cpu}))  # noqa: T201


def by_asyncssh(field, how, rounds):  # noqa: C901
    import asyncssh  # noqa: PLC0415 - one of two is measured at a time

    async def main():
        key = asyncssh.read_private_key(field["key"])
        gate = asyncio.Semaphore(AT_ONCE)
        usual = {
            "username": field["user"],
            "client_keys": [key],
            "known_hosts": None,
            "config": None,
            "agent_path": None,
            "gss_host": None,
        }

        async def connected(target):
            async with gate:
                return await asyncssh.connect(target[0], target[1], **usual)

        async def anew(target):
            async with gate, asyncssh.connect(target[0], target[1], **usual) as line:
                return (await line.run(COMMAND)).exit_status == 0

        async def again(line):
            async with gate:
                return (await line.run(COMMAND)).exit_status == 0

        kept = how == "kept"
        subjects = field["targets"]
        if kept:
            subjects = await asyncio.gather(*map(connected, subjects))
        began, used, count = time.monotonic(), time.process_time(), 0
        for _ in range(rounds):
            count += sum(await asyncio.gather(*map(again if kept else anew, subjects)))
        spent = time.monotonic() - began, time.process_time() - used
        if kept:
            for line in subjects:
                line.close()
        return count, *spent

    return asyncio.run(main())


def by_parallel_ssh(field, how, rounds):
    from pssh.clients import ParallelSSHClient  # noqa: PLC0415 - as above
    from pssh.config import HostConfig  # noqa: PLC0415

    def client():
        return ParallelSSHClient(
            [address for address, _ in field["targets"]],
            host_config=[
                HostConfig(port=port, user=field["user"], private_key=field["key"])
                for _, port in field["targets"]
            ],
            pool_size=AT_ONCE,
            allow_agent=False,
            identity_auth=False,
        )

    def go(one):
        count = 0
        for output in one.run_command(COMMAND):
            list(output.stdout)
            count += output.exit_code == 0
        return count

    kept = client() if how == "kept" else None
    if kept:
        go(kept)
    began, used, count = time.monotonic(), time.process_time(), 0
    for _ in range(rounds):
        count += go(kept or client())
    return count, time.monotonic() - began, time.process_time() - used


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
