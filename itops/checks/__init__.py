"""What figures mean: pure functions from what was read to a finding."""
