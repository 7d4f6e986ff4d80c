"""The ways out of this process, one module a transport."""
