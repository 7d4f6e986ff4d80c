"""Texts: what is stored or raised is a key with parameters; the edge makes a sentence of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from gettext import c2py
from pathlib import Path
from string import Formatter
from typing import Any

from babel.messages.pofile import read_po

from itops.errors import Message
from itops.own_command import own_command

TRANSLATIONS = Path(__file__).parent / "translations"
LANGUAGES = ("zh_Hans", "en")
#: What browsers and people write for a language, and the one of ours that they mean.
ALIASES = {
    "zh": "zh_Hans",
    "zh-cn": "zh_Hans",
    "zh-hans": "zh_Hans",
    "en": "en",
}
UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


@dataclass(frozen=True)
class Catalogue:
    """One language's sentences by key; a key with plural forms holds a tuple of them."""

    sentences: Mapping[str, str | tuple[str, ...]]
    plural: Callable[[int], int]

    def sentence(self, key: str, n: object) -> str:
        """Return the sentence for `key` in the form that `n` things take, else the key."""
        found = self.sentences.get(key, key)
        if isinstance(found, str):
            return found
        count = int(n) if isinstance(n, int | float) else 0
        return found[min(self.plural(abs(count)), len(found) - 1)]


@cache
def catalogue(language: str) -> Catalogue:
    """Given one of LANGUAGES, return its sentences, read from one .po file a subject."""
    sentences: dict[str, str | tuple[str, ...]] = {}
    plural: Callable[[int], int] = c2py("n != 1" if language == "en" else "0")
    for path in sorted((TRANSLATIONS / language).glob("*.po")):
        with path.open("rb") as file:
            for entry in read_po(file, locale=language, ignore_obsolete=True):
                if entry.id:
                    key = entry.id[0] if isinstance(entry.id, tuple | list) else entry.id
                    sentences[key] = _text_of(entry.string or key)
    return Catalogue(sentences, plural)


def _text_of(found: str | Sequence[str]) -> str | tuple[str, ...]:
    """Return a sentence or its forms, with what a person types here for `{itops}`."""
    command = own_command()
    if isinstance(found, str):
        return found.replace("{itops}", command)
    return tuple(form.replace("{itops}", command) for form in found)


def say(message: Message, language: str) -> str:
    """Return a message's sentence in `language`; a key without a sentence is shown as it is."""
    return translate(message.key, language, **message.params)


def translate(key: str, language: str, /, **params: Any) -> str:
    """Return the sentence of `key` with `params` filled in; `n` chooses the plural form."""
    sentence = catalogue(language).sentence(key, params.get("n"))
    if not params:
        return sentence
    filled = {name: _told(value, language) for name, value in params.items()}
    # The formatter of the language itself is the quicker one by far.
    return _SIZES.format(sentence, **filled) if ":size}" in sentence else sentence.format(**filled)


def _told(value: Any, language: str) -> Any:
    """Return a parameter for a sentence: a message said, a thing of two names by one of them.

    Several things are listed as the language lists them.
    """
    if isinstance(value, Message):
        return say(value, language)
    if isinstance(value, list | tuple):
        return listed(value, language)
    if isinstance(value, dict) and "name_en" in value:
        return name_in(language, value["name"], value["name_en"])
    return value


def listed(things: Iterable[Any], language: str) -> str:
    """Return things one after the other: "a, b" or "a、b"."""
    between = catalogue(language).sentence("format.list", None)
    return between.join(str(_told(one, language)) for one in things)


def size(count: float) -> str:
    """Return "1.3 TB", "221 GB", "0 B": steps of 1,024, as Windows and df -h count."""
    rest, unit = float(count), 0
    while abs(rest) >= 999.5 and unit < len(UNITS) - 1:
        rest, unit = rest / 1024, unit + 1
    decimals = 1 if unit and abs(rest) < 9.95 else 0
    return f"{rest:.{decimals}f} {UNITS[unit]}"


class _Sizes(Formatter):
    """Fills a sentence in which `{bytes:size}` stands for "13 GB": eleven digits say nothing."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        return size(value) if format_spec == "size" else super().format_field(value, format_spec)


_SIZES = _Sizes()


def name_in(language: str, name: str, name_en: str) -> str:
    """Given a thing's two names, return the one for `language`; an empty one falls back."""
    return name_en or name if language == "en" else name


def in_both(name: str, name_en: str) -> str | dict[str, str]:
    """Return a name as the parameter of a message: each reader meets it in their own language."""
    return {"name": name, "name_en": name_en} if name_en and name_en != name else name


def best_language(accept: str, default: str) -> str:
    """Given an Accept-Language header, return the first of our languages in it, else `default`."""
    for part in accept.split(","):
        tag = part.split(";")[0].strip().lower()
        found = ALIASES.get(tag) or ALIASES.get(tag.split("-")[0])
        if found:
            return found
    return default
