"""Housekeeping: what has ended and says nothing to anybody is deleted after a while."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import delete

from itops.config import Settings
from itops.db import db
from itops.models import Job, JobState, OneTimeLink, PublicCount, SignInFailure, UserSession

#: What has ended is kept a little, for a person who asks what happened.
ENDED_FOR = timedelta(days=7)
FAILURES_FOR = timedelta(days=1)
JOBS_FOR = timedelta(days=30)


def tidy_up(at: datetime, _settings: Settings) -> Iterator[None]:
    """Delete sessions, links, failed sign-ins and finished jobs that are over. Yield after each."""
    over = at - ENDED_FOR
    db.session.execute(delete(UserSession).where(UserSession.ends_at < over))
    yield
    db.session.execute(delete(OneTimeLink).where(OneTimeLink.ends_at < over))
    yield
    db.session.execute(delete(SignInFailure).where(SignInFailure.at < at - FAILURES_FOR))
    yield
    db.session.execute(delete(PublicCount).where(PublicCount.ends_at < at))
    yield
    ended = Job.state.in_((JobState.DONE, JobState.FAILED))
    db.session.execute(delete(Job).where(ended, Job.finished_at < at - JOBS_FOR))
    yield
