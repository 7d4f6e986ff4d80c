"""What runs in the background: duties as they come round, long jobs, and queues of due rows."""

from itops.jobs.working import run_worker, start_background

__all__ = ["run_worker", "start_background"]
