"""Making the agent start with the system, and undoing it."""
