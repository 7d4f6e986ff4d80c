"""What runs in the background: duties as they come round, long jobs, and queues of due rows."""

from itops.jobs.long_work import do_long_job
from itops.jobs.rounds import do_duty
from itops.jobs.working import run_worker, start_background

__all__ = ["do_duty", "do_long_job", "run_worker", "start_background"]
