"""Passwords that are tried first: the commonest of known breaches, and words of a hospital."""

import gzip
from collections.abc import Iterable
from functools import cache
from pathlib import Path

LIST = Path(__file__).with_name("commonest") / "passwords.txt.gz"
#: Words that anybody would try here, as they are typed; docs/security/handbook.md lists them too.
WORDS = (
    *("itops", "hospital", "clinic", "yiyuan", "weishengyuan", "xinxike", "xinxizhongxin"),
    *("admin", "administrator", "password", "passw0rd", "p@ssw0rd", "welcome", "mima"),
    *("医院", "卫生院", "卫生室", "信息科", "信息中心", "管理员", "密码"),
)
#: A password that holds such a word needs so many other letters; digits are quickly tried out.
FEWEST_OTHER_LETTERS = 5


@cache
def commonest() -> frozenset[str]:
    """Return the list, read at the first question."""
    return frozenset(gzip.decompress(LIST.read_bytes()).decode().splitlines())


def is_mostly_common(plain: str, names: Iterable[str] = ()) -> bool:
    """Whether a password in small letters is a common word, or a name, with little beside it."""
    rest = plain
    for word in sorted({*WORDS, *(name.casefold() for name in names if name)}, key=len):
        rest = rest.replace(word, "")
    return rest != plain and sum(c.isalpha() for c in rest) < FEWEST_OTHER_LETTERS
