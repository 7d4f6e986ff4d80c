"""The few reasons why something is not done."""
