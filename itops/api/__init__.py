"""Machine entrances: agent reports, enrolment, metrics."""
