"""Carrying a question to a machine: which module of `remote` takes it."""

from dataclasses import dataclass

from itops.checks.answers import Answer
from itops.checks.questions import Command, Question
from itops.remote.errors import AccountMissing
from itops.remote.ssh import SshTarget, Transports


@dataclass(frozen=True)
class Target:
    """A machine, and what is needed to ask it in each way; what is not needed is None."""

    address: str
    ssh: SshTarget | None = None


def ask(question: Question, target: Target, transports: Transports) -> Answer:
    """Return what `target` answers. Raise a RemoteError if it can't be asked."""
    match question:
        case Command():
            if target.ssh is None:
                raise AccountMissing
            return transports.run(target.ssh, question)
    raise AccountMissing
