"""What this machine is and has: read once a day, by a process of its own."""
