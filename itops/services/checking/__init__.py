"""Remote checks: which there are, when each is due, how it is carried out and written down."""
