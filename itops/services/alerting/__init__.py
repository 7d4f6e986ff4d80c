"""Alerting: from verdicts to episodes, from episodes to people, once."""
