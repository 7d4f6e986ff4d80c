"""What comes of a check that was carried out."""

from dataclasses import dataclass
from datetime import datetime

from itops.checks.base import Finding


@dataclass(frozen=True)
class MetKey:
    """A host key that a machine showed and nobody has approved."""

    algorithm: str
    public_key: str
    fingerprint: str


@dataclass(frozen=True)
class Result:
    """What was found, and what was seen of the machine on the way."""

    finding: Finding
    began_at: datetime
    took_seconds: float
    transcript: str = ""
    met: MetKey | None = None
    #: Another look changes nothing: a person has to decide.
    is_final: bool = False
    is_answering: bool = True
    #: The machine took the credential.
    has_signed_in: bool = False
