"""Codes that people read off paper and type: an alphabet without doubles, and groups of four."""

import re

#: Crockford's base 32: nobody takes a letter for a digit, and none is a word.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: What people read or type for what we write.
MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})


def typed_code(typed: str) -> str:
    """Return a code as we write it: capitals, no dashes, no letters that look like digits."""
    return re.sub(r"[^0-9A-Z]", "", typed.upper()).translate(MISREAD)[:40]


def in_groups(code: str) -> str:
    """Return "K7QM-2X9P-RT4D"."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))
