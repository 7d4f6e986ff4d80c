"""What changed between two inventories, as messages that people read ("RAM 8 → 16 GB")."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from itops.checks.host_health import gigabytes
from itops.checks.host_limits import DAY, DEFAULTS
from itops.errors import Message

Document = Mapping[str, Any]
#: More changed programs than this are one line that says how many more.
MOST_PROGRAMS = 40

#: Single facts: where they stand, the key of the change, how they are written.
FACTS: tuple[tuple[tuple[str, ...], str, Callable[[Any], Any]], ...] = (
    (("identity", "hostname"), "inventory.hostname", str),
    (("memory_bytes",), "inventory.memory", gigabytes),
    (("cpu", "model"), "inventory.cpu", str),
    (("hardware", "model"), "inventory.model", str),
    (("hardware", "serial"), "inventory.serial", str),
    (("hardware", "bios"), "inventory.bios", str),
    (("os", "name"), "inventory.os", str),
    (("os", "version"), "inventory.os_version", str),
    (("os", "kernel"), "inventory.kernel", str),
)


def changes_between(old: Document | None, new: Document) -> list[Message]:
    """Return what changed; of the first inventory only that it is the first."""
    if old is None:
        return [Message("inventory.first", {"n": len(new.get("software") or ())})]
    return [
        *_facts(old, new),
        *_sets(old, new, "drives", _drive_name),
        *_sets(old, new, "addresses", _address_names),
        *_antivirus(old, new),
        *_updates(old, new),
        *_programs(old, new),
    ]


def _facts(old: Document, new: Document) -> Iterator[Message]:
    for path, key, write in FACTS:
        before, after = _at(old, path), _at(new, path)
        if before != after and before is not None and after is not None:
            was, now = write(before), write(after)
            if was != now:
                yield Message(key, {"old": was, "new": now})


def _at(document: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        document = (document or {}).get(name)
    return document


def _sets(
    old: Document, new: Document, what: str, names: Callable[[Document], Iterable[str]]
) -> Iterator[Message]:
    """Compare two lists by the names of their entries."""
    before = {name: None for entry in old.get(what) or () for name in names(entry)}
    after = {name: None for entry in new.get(what) or () for name in names(entry)}
    yield from (
        Message(f"inventory.{what}.gone", {"name": name}) for name in before if name not in after
    )
    yield from (
        Message(f"inventory.{what}.new", {"name": name}) for name in after if name not in before
    )


def _drive_name(drive: Document) -> Iterable[str]:
    said = [drive.get("model"), drive.get("serial")]
    yield " ".join(str(part) for part in said if part) or f"{drive['name']}"


def _address_names(address: Document) -> Iterable[str]:
    """Name the addresses that last; those of the link itself come and go with privacy."""
    for text in address["ipv4"]:
        yield f"{address['interface']} {text}"
    if address.get("mac"):
        yield f"{address['interface']} {address['mac']}"


def _antivirus(old: Document, new: Document) -> Iterator[Message]:
    before = {entry["product"]: entry for entry in old.get("antivirus") or ()}
    after = {entry["product"]: entry for entry in new.get("antivirus") or ()}
    yield from _sets(old, new, "antivirus", lambda entry: [entry["product"]])
    for product in before.keys() & after.keys():
        was, now = before[product], after[product]
        if was.get("enabled") != now.get("enabled") and now.get("enabled") is not None:
            key = "inventory.antivirus.on" if now["enabled"] else "inventory.antivirus.off"
            yield Message(key, {"name": product})
        had, has = _age(was, old), _age(now, new)
        limit = (DEFAULTS.antivirus_age.limits.warning or 0) / DAY
        if has is not None and has >= limit and (had is None or had < limit):
            yield Message("inventory.antivirus.aged", {"name": product, "n": int(has)})
        elif had is not None and had >= limit and has is not None and has < limit:
            at = datetime.fromtimestamp(now["signature_at"], UTC).date().isoformat()
            yield Message("inventory.antivirus.renewed", {"name": product, "at": at})


def _age(antivirus: Document, document: Document) -> float | None:
    """Return how many days old signatures were when the inventory was taken."""
    signature_at = antivirus.get("signature_at")
    return None if signature_at is None else (document["taken_at"] - signature_at) / DAY


def _updates(old: Document, new: Document) -> Iterator[Message]:
    before, after = old.get("updates") or {}, new.get("updates") or {}
    was, now = before.get("security"), after.get("security")
    if now and not was:
        yield Message("inventory.updates.waiting", {"n": now})
    elif was and now == 0:
        yield Message("inventory.updates.done")


def _programs(old: Document, new: Document) -> Iterator[Message]:
    """Compare software by name: new, gone, another version; bounded."""
    before, after = _versions(old), _versions(new)
    changes = [
        *(_program("new", name, after[name]) for name in after if name not in before),
        *(_program("gone", name, before[name]) for name in before if name not in after),
        *(
            Message(
                "inventory.software.version",
                {"name": name, "old": _joined(before[name]), "new": _joined(after[name])},
            )
            for name in after
            if name in before and before[name] != after[name]
        ),
    ]
    yield from changes[:MOST_PROGRAMS]
    if len(changes) > MOST_PROGRAMS:
        yield Message("inventory.software.more", {"n": len(changes) - MOST_PROGRAMS})


def _program(what: str, name: str, versions: frozenset[str]) -> Message:
    return Message(f"inventory.software.{what}", {"name": name, "version": _joined(versions)})


def _versions(document: Document) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for entry in document.get("software") or ():
        found.setdefault(entry["name"], set()).add(entry["version"])
    return {name: frozenset(versions) for name, versions in found.items()}


def _joined(versions: frozenset[str]) -> str:
    return ", ".join(sorted(versions))[:200]
