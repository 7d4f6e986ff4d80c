"""Carrying a question to a machine: which module of `remote` takes it."""

from dataclasses import dataclass, field
from typing import TypeVar

from itops.checks.answers import Answer
from itops.checks.questions import (
    Command,
    HttpQuestion,
    NutQuestion,
    Question,
    SnmpQuestion,
    TcpQuestion,
    TlsQuestion,
)
from itops.remote import http, nut, snmp, tcp, tls
from itops.remote.errors import AccountMissing
from itops.remote.snmp import SnmpAccess
from itops.remote.ssh import SshTarget, Transports

T = TypeVar("T")


@dataclass(frozen=True)
class Target:
    """A machine, and what is needed to ask it in each way; what is not needed is left out."""

    address: str
    ssh: SshTarget | None = None
    snmp: SnmpAccess | None = None
    #: The hospital's own certificate authorities (PEM), trusted besides the system's.
    authority: str = field(default="", repr=False)


def ask(question: Question, target: Target, transports: Transports) -> Answer:
    """Return what `target` answers. Raise a RemoteError if it can't be asked."""
    if isinstance(question, Command):
        return transports.run(needed(target.ssh), question)
    if isinstance(question, SnmpQuestion):
        return snmp.ask(target.address, question, needed(target.snmp))
    return ask_openly(question, target)


def ask_openly(
    question: TcpQuestion | HttpQuestion | TlsQuestion | NutQuestion, target: Target
) -> Answer:
    """Return what a machine answers to anybody."""
    match question:
        case TcpQuestion():
            return tcp.ask(target.address, question)
        case HttpQuestion():
            return http.ask(target.address, question, authority=target.authority)
        case TlsQuestion():
            return tls.ask(target.address, question, authority=target.authority)
        case NutQuestion():
            return nut.ask(target.address, question)


def needed(account: T | None) -> T:
    """Return the account that a check signs in with. Raise AccountMissing."""
    if account is None:
        raise AccountMissing
    return account
