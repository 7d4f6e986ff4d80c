"""What a restored copy holds is what was written: the log along its chain, attachments by digest.

A flipped bit in the middle of a text breaks no page of the file; what was written once and never
changes carries a digest, and is compared with it.
"""

import hashlib

from sqlalchemy import Connection, select

from itops.models import Attachment
from itops.remote.backups.faults import Damaged
from itops.services import upgrading
from itops.services.audit import verifying


def refuse_altered(connection: Connection) -> None:
    """Raise Damaged if something is not as it was written. An older schema is not asked."""
    if upgrading.current_revision(connection) != upgrading.newest_revision():
        return
    verdict = verifying.verify(connection)
    if not verdict.is_whole:
        raise Damaged("log_differs", position=verdict.faults[0].position)
    wanted = select(Attachment.name, Attachment.sha256, Attachment.content)
    for name, sha256, content in connection.execution_options(yield_per=1).execute(wanted):
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Damaged("attachment_differs", name=name)
