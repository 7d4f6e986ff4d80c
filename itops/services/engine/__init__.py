"""How work in the background is claimed, kept and ended; which work there is stands elsewhere."""
