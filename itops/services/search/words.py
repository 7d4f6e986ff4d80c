"""The words under which a text is found: CJK bigrams, pinyin, words, and parts of identifiers.

One tokenizer of ours for both databases: neither's own finds a Chinese word of two characters.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

#: Chinese characters, with the extensions in which rare names are written.
HAN = "㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff"
RUNS = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+(?:[._:\-]+[^\W_{HAN}]+)*")
PARTS = re.compile(r"[._:\-]+")
#: What may be the beginning of an address: its dots mean something.
DOTTED = re.compile(r"[\d.]+")
#: Pinyin is kept from each character on, so that any part of a name is found, this far.
SYLLABLES = 6
#: The last characters of a serial number by which people read it out.
TAILS = (4, 5, 6)
#: A word of the index is not longer than this; a query is cut to as many words.
LONGEST_WORD, MOST_WORDS = 60, 12


def normal(text: str) -> str:
    """Return a text as words are compared: full width becomes half, capitals small."""
    return unicodedata.normalize("NFKC", text).casefold()


def words_of(
    texts: Iterable[str], identifiers: Iterable[str] = (), addresses: Iterable[str] = ()
) -> set[str]:
    """Return every word under which a thing with these texts and identifiers is found."""
    found = {word for text in texts if text for word in _words(normal(text))}
    for identifier in identifiers:
        found.update(_identifier_words(normal(identifier)))
    for address in map(normal, addresses):
        found |= {address, address.replace(":", "")} - {""}
    return {word[:LONGEST_WORD] for word in found}


def queried(text: str) -> list[tuple[str, ...]]:
    """Given what a person typed, return what must be found: all of the groups, one of each.

    A word of Latin letters or digits ends in `*` when anything that begins with it will do.
    """
    groups: dict[tuple[str, ...], None] = {}
    for run in RUNS.findall(normal(text[:200])):
        for group in _han_groups(run) if is_han(run) else [_latin_group(run)]:
            groups.setdefault(group)
    return list(groups)[:MOST_WORDS]


def is_han(run: str) -> bool:
    """Whether a run of one script is Chinese."""
    return re.match(rf"[{HAN}]", run) is not None


def _han_groups(run: str) -> list[tuple[str, ...]]:
    return [(run,)] if len(run) == 1 else [(first + second,) for first, second in pairwise(run)]


def _latin_group(run: str) -> tuple[str, ...]:
    compact = run if DOTTED.fullmatch(run) else PARTS.sub("", run)
    forms = dict.fromkeys(form[:LONGEST_WORD] for form in (run, compact))
    return tuple(form if len(form) == 1 else f"{form}*" for form in forms)


def _words(text: str) -> Iterator[str]:
    for run in RUNS.findall(text):
        yield from _han_words(run) if is_han(run) else _latin_words(run)


@lru_cache(maxsize=4096)
def _han_words(run: str) -> tuple[str, ...]:
    # Its dictionary takes 50 MiB and most of a second: only a process that indexes needs it.
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415

    words = [*run, *(first + second for first, second in pairwise(run))]
    for style in (Style.NORMAL, Style.FIRST_LETTER):
        syllables = lazy_pinyin(run, style=style, errors="ignore")
        words += ["".join(syllables[at : at + SYLLABLES]) for at in range(len(syllables))]
    return tuple(words)


def _latin_words(run: str) -> Iterator[str]:
    yield run
    parts = PARTS.split(run)
    if len(parts) > 1:
        yield from parts
        yield "".join(parts)


def _identifier_words(text: str) -> Iterator[str]:
    """Yield a tag's, serial's or address' words: as a whole, compact, in parts, and its end."""
    yield from _words(text)
    compact = re.sub(r"[\W_]+", "", text)
    if compact and not re.search(rf"[{HAN}]", compact):
        yield compact
        yield from (compact[-length:] for length in TAILS if len(compact) > length)
