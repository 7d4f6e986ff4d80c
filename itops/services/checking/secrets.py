"""The secret of a credential: sealed into its row, and opened only to sign in with it."""

from itops.models import Credential
from itops.services.secrets import sealing


def put(credential: Credential, secret: str) -> None:
    """Seal a secret into a credential that has an id."""
    credential.sealed = sealing.seal(secret.encode(), about(credential))
    credential.sealed_by = sealing.key_id(credential.sealed).hex()


def opened(credential: Credential) -> str:
    """Return the secret. Raise Unreadable if its key is not here."""
    return sealing.unseal(credential.sealed, about(credential)).decode()


def about(credential: Credential) -> str:
    return f"{Credential.__tablename__}:{credential.id}"
