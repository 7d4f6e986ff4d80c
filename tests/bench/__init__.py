"""Code that measures and returns figures, and the records of real machines that it replays."""
