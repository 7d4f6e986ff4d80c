"""How machines come in: codes, and the agent that the server hands out."""
