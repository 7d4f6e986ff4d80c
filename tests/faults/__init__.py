"""Tests that kill, starve or cut off real processes."""
