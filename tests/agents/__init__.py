"""The agent, on its own."""
