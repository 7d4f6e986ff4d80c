"""Message keys become sentences in the reader's language."""
