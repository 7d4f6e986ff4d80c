"""What a browser calls itself, said so that a person knows which of theirs it is."""

import re

#: Marks in the order in which they must be looked for: Edge also says Chrome, Chrome also Safari.
BROWSERS = (
    ("Edge", re.compile(r"Edg(?:A|iOS)?/(\d+)")),
    ("WeChat", re.compile(r"MicroMessenger/(\d+)")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/(\d+)")),
    ("Chrome", re.compile(r"(?:Chrome|CriOS)/(\d+)")),
    ("Safari", re.compile(r"Version/(\d+).* Safari/")),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows NT 6.1", "Windows 7"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def browser_name(agent: str) -> str:
    """Given a User-Agent, return for instance "Chrome 109, Windows 7"; else its beginning."""
    found = ((name, mark.search(agent)) for name, mark in BROWSERS)
    named = next((f"{name} {match[1]}" for name, match in found if match), agent[:40])
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return f"{named}, {system}" if system else named
