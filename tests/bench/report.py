"""What was measured: figures with their goals, one JSON object a line, and as pages to read."""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

#: The members of a printed line, in this order.
PRINTED = ("name", "value", "unit", "peer", "peer_value", "ratio", "goal", "met")


@dataclass(frozen=True)
class Goal:
    """A bound of the ratio to the peer, or of the value itself."""

    of: str
    bound: float
    is_least: bool

    def __str__(self) -> str:
        return f"{self.of} {'≥' if self.is_least else '≤'} {self.bound:g}"

    def is_met(self, figure: "Figure") -> bool | None:
        """Say whether the goal is reached; None where there was no peer to compare with."""
        reached = figure.ratio if self.of == "ratio" else figure.value
        if reached is None:
            return None
        return reached >= self.bound if self.is_least else reached <= self.bound


def at_least(bound: float, of: str = "ratio") -> Goal:
    return Goal(of, bound, is_least=True)


def at_most(bound: float, of: str = "ratio") -> Goal:
    return Goal(of, bound, is_least=False)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured figure, ours and the peer's; `rounds` are ours, round by round."""

    name: str
    value: float | None
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    ratio: float | None = None
    goal: Goal | None = None
    stretch: Goal | None = None
    note: str = ""
    rounds: list[float] = field(default_factory=list)

    @property
    def met(self) -> bool | None:
        return self.goal.is_met(self) if self.goal else None

    def line(self) -> str:
        """Return the figure as one line of JSON."""
        whole = self.as_json()
        return json.dumps({name: whole[name] for name in PRINTED}, ensure_ascii=False)

    def as_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "goal": str(self.goal) if self.goal else None,
            "met": self.met,
            "stretch": str(self.stretch) if self.stretch else None,
            "stretch_met": self.stretch.is_met(self) if self.stretch else None,
        }


def compared(figure: Figure, ours: list[float], theirs: list[float] | None) -> Figure:
    """Return the figure with medians filled in, the ratio being that of each round's pair."""
    filled = replace(figure, value=rounded(median(ours)), rounds=[rounded(one) for one in ours])
    if not theirs:
        absent = f"{figure.peer} is not installed here" if figure.peer else ""
        note = "; ".join(part for part in (figure.note, absent) if part)
        return replace(filled, peer=None, note=note)
    pairs = [one / other for one, other in zip(ours, theirs, strict=True)]
    return replace(filled, peer_value=rounded(median(theirs)), ratio=rounded(median(pairs)))


def rounded(value: float) -> float:
    """Return a figure with as many places as mean something."""
    return round(value, 1 if abs(value) >= 100 else 2 if abs(value) >= 10 else 3)


def merged(path: Path, groups: dict[str, list[Figure]], about: dict[str, Any]) -> dict[str, Any]:
    """Return what stands in the file at `path` with the groups that were measured now in place."""
    there = json.loads(path.read_text("utf-8")) if path.exists() else {}
    kept: dict[str, Any] = there.get("groups", {})
    for name, figures in groups.items():
        kept[name] = {"measured": about, "figures": [figure.as_json() for figure in figures]}
    return {"groups": dict(sorted(kept.items()))}


def write(folder: Path, groups: dict[str, list[Figure]], about: dict[str, Any]) -> None:
    """Write benchmarks.json, and benchmarks.md from it; groups not measured now stay."""
    found = merged(folder / "benchmarks.json", groups, about)
    text = json.dumps(found, ensure_ascii=False, indent=1)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "benchmarks.json").write_text(text + "\n", "utf-8")
    (folder / "benchmarks.md").write_text(page(found), "utf-8")


HEAD = """# Benchmarks

Written by `make bench`. Absolute figures differ from machine to machine and from hour to hour, so
what counts is the ratio to a peer that was measured in the same run, in turn: the median of the
rounds' ratios. A figure without a peer has a bound of its own. `make bench ARGS="--only intake"`
measures one group; `ARGS="--only checkout"` measures `make run` from a fresh clone, which installs
packages and is therefore not part of the whole. How each figure is taken stands under its table.
"""


def page(found: dict[str, Any]) -> str:
    """Return the figures as Markdown."""
    parts = [HEAD]
    for name, group in found["groups"].items():
        about = group["measured"]
        parts.append(f"## {name}\n\n{about.get('how', {}).get(name, '')}\n")
        parts.append("| figure | ours | peer | ratio | goal | met |\n|---|---:|---:|---:|---|---|")
        parts += [_row(figure) for figure in group["figures"]]
        notes = {f"{f['name']}: {f['note']}" for f in group["figures"] if f["note"]}
        parts.append("\n" + "\n".join(f"- {note}" for note in sorted(notes)) if notes else "")
        versions = ", ".join(f"{key} {value}" for key, value in about["versions"].items())
        parts.append(
            f"Measured {about['date']}, {about['rounds']} rounds, on {about['machine']}; load"
            f" average {about['load_before']} before and {about['load_after']} after."
            f" {versions}.\n"
        )
    return "\n".join(parts)


def _row(figure: dict[str, Any]) -> str:
    peer = ""
    if figure["peer_value"] is not None:
        peer = f"{figure['peer']} {figure['peer_value']:g}"
    ratio = "" if figure["ratio"] is None else f"{figure['ratio']:g}"
    met = {True: "yes", False: "**no**", None: ""}[figure["met"]]
    goal = figure["goal"] or ""
    if figure["stretch"]:
        goal += f" (stretch {figure['stretch'].split()[-1]})"
        met += ", stretch too" if figure["stretch_met"] else ""
    value = "–" if figure["value"] is None else f"{figure['value']:g}"
    return f"| {figure['name']} | {value} {figure['unit']} | {peer} | {ratio} | {goal} | {met} |"
