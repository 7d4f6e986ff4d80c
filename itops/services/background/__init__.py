"""What the background work is made of: its tables of queues, duties and long jobs."""
