"""The fleet's pages: the board, the lists, one host and what is done with it."""
