"""Taking in what agents report: each report once, all its effects in one transaction."""
