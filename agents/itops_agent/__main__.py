"""The command `itops-agent`, also as `python -m itops_agent` and as the single file."""

import sys

from itops_agent.cli import main


def start() -> None:
    """Do what the command line asks for, and end with its exit code."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    start()
