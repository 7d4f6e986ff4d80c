"""Finding things by words: which words, where they are kept, what is found."""
