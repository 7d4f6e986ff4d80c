"""What makes a backup good: pure steps from what was read to a finding."""
