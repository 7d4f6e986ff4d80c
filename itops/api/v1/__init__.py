"""Lists for programs that hold a token: one page at a time, by key, as far as its person sees."""
