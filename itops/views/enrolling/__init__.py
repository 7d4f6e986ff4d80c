"""The pages by which machines come in."""
