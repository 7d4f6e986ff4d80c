"""Whom a check asks, as whom: a task's place, account and host key as `remote` wants them."""

import json

from itops.checks.catalogue import CHECKS
from itops.checks.questions import Transport
from itops.models import CredentialKind
from itops.remote.asking import Target
from itops.remote.snmp import SnmpAccess
from itops.remote.ssh import HostKey, SshCredential, SshTarget
from itops.services.checking.tasks import Account, Task

FOR_SSH = (CredentialKind.SSH_KEY, CredentialKind.PASSWORD)


def target(task: Task) -> Target:
    """Return the target; an account that is not for this way of asking is none."""
    transport, account = CHECKS[task.kind].transport, task.account
    if account is None:
        return Target(task.place.address)
    if transport is Transport.SSH and account.kind in FOR_SSH:
        return Target(task.place.address, ssh=_ssh(task, account))
    if transport is Transport.SNMP and account.kind not in FOR_SSH:
        return Target(task.place.address, snmp=_snmp(account))
    return Target(task.place.address)


def _ssh(task: Task, account: Account) -> SshTarget:
    is_key = account.kind is CredentialKind.SSH_KEY
    known = task.host_key
    return SshTarget(
        address=task.place.address,
        port=task.place.port,
        user=account.user_name,
        credential=SshCredential(
            id=account.version,
            private_key=account.secret if is_key else "",
            password="" if is_key else account.secret,
        ),
        host_key=HostKey(known.algorithm, known.public_key) if known else None,
        is_forced=bool(account.options.get("is_forced")),
    )


def _snmp(account: Account) -> SnmpAccess:
    if account.kind is CredentialKind.SNMP_COMMUNITY:
        return SnmpAccess(community=account.secret)
    passphrases = json.loads(account.secret)
    return SnmpAccess(
        user=account.user_name,
        auth_protocol=account.options["auth"],
        auth_key=passphrases["auth"],
        priv_protocol=account.options["privacy"],
        priv_key=passphrases["privacy"],
    )
