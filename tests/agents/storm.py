"""Queues and sends as fast as it can until it is killed: the agent's part in the fault tests.

    python -m tests.agents.storm FOLDER URL FIRST

Prints the number of each report when it is safely in the spool. FIRST tells its reports apart.
"""

from __future__ import annotations

import itertools
import sys

from itops_agent import config, enrolling
from itops_agent.sending.patience import Patience
from itops_agent.sending.sender import Sender
from itops_agent.spool import Spool


def main(folder: str, url: str, first: int) -> None:
    made = config.Config("agent.conf", {**config.DEFAULTS, "server": url, "proxy": "none"})
    spool = Spool(folder, max_bytes=10**9)
    sender = Sender(
        spool,
        enrolling.connect(made, seconds=1.0),
        bearer="Bearer ab.secret",
        machine="cd" * 32,
        patience=Patience(lambda: 0.0),
    )
    for number in itertools.count(first):
        # Large, so that files are filled, packed and deleted while the blows fall.
        report = {"kind": "health", "taken_at": float(number), "text": f"{number} " * 700}
        seq = spool.put(report)
        sys.stdout.write(f"{seq} {number}\n")
        sys.stdout.flush()
        if number % 3 == 0:
            sender.send_one_batch()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
