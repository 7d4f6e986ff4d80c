"""How a state is drawn and called: the class of its shape and colour, and its word."""

from collections.abc import Callable
from enum import Enum

from jinja2 import Environment

#: Classes of the style sheet that are shorter than their state's name.
CLASSES = {"critical": "crit", "unknown": "unk", "warning": "warn"}
NAMES = {short: name for name, short in CLASSES.items()}


def register(environment: Environment, t: Callable[[str], str]) -> None:
    """Give templates the filters `state_class` and `state_word`, the words by `t`."""
    environment.filters["state_class"] = class_of
    environment.filters["state_word"] = lambda state: t(word_of(state))


def class_of(state: Enum | str) -> str:
    """Return the class of a state: "crit", "unk", "warn" or "ok"."""
    name = _name(state)
    return CLASSES.get(name, name)


def word_of(state: Enum | str) -> str:
    """Return the key of the word for a state, or for a state's class."""
    name = _name(state)
    return f"state.{NAMES.get(name, name)}"


def _name(state: Enum | str) -> str:
    return (state.name if isinstance(state, Enum) else str(state)).lower()
