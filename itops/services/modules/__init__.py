"""Software modules: the register, who needs whom, what falls with what, and the live state."""
