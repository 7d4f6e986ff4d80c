"""Every kind of long job, and what does it. They are ordered by `services.engine.ordering`."""

from types import MappingProxyType

from itops.errors import Message
from itops.models import Job
from itops.services.audit import verify_job
from itops.services.backups import testing
from itops.services.demo import loading
from itops.services.demo.ordering import DEMO_LOAD
from itops.services.engine.job_rows import JobKind, Kinds, Lane, Progress


def _load_demo(job: Job, progress: Progress) -> Message | None:
    loading.load_demo(
        progress, done=job.done, by=job.created_by, at=job.started_at or job.created_at
    )
    return None


#: Every kind of long job by its name.
KINDS: Kinds = MappingProxyType(
    {
        DEMO_LOAD: JobKind(_load_demo, lane=Lane.LONG),
        testing.RESTORE_TEST: testing.KIND,
        verify_job.AUDIT_VERIFY: verify_job.KIND,
    }
)
