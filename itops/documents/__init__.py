"""What leaves as a file: spreadsheets, labels, papers."""
