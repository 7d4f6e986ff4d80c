"""Sheets of labels: where each stands on which paper, and what is drawn on it, in millimetres."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from itops.documents import qr


@dataclass(frozen=True)
class Paper:
    """A kind of label paper: the page, and the grid of labels on it (all in millimetres)."""

    key: str
    page: tuple[float, float]
    columns: int
    rows: int
    size: tuple[float, float]
    #: From the page's corner to the first label's, and from one label's corner to the next's.
    origin: tuple[float, float]
    pitch: tuple[float, float]

    @property
    def per_page(self) -> int:
        """How many labels a page holds."""
        return self.columns * self.rows


A4 = (210.0, 297.0)
#: Sheets as every stationer has them (by the numbers that are printed on their boxes), and rolls.
PAPERS = {
    paper.key: paper
    for paper in (
        Paper("a4_21", A4, 3, 7, (63.5, 38.1), (7.25, 15.15), (66.0, 38.1)),
        Paper("a4_24", A4, 3, 8, (70.0, 37.0), (0.0, 0.5), (70.0, 37.0)),
        Paper("a4_14", A4, 2, 7, (99.1, 38.1), (4.65, 15.15), (101.6, 38.1)),
        Paper("a4_65", A4, 5, 13, (38.1, 21.2), (4.75, 10.7), (40.6, 21.2)),
        Paper("roll_70x50", (70.0, 50.0), 1, 1, (70.0, 50.0), (0.0, 0.0), (70.0, 50.0)),
        Paper("roll_50x30", (50.0, 30.0), 1, 1, (50.0, 30.0), (0.0, 0.0), (50.0, 30.0)),
    )
}
#: White inside the label's edge.
MARGIN_MM = 1.5
#: A code smaller than this is not read by an old phone's camera.
SMALLEST_MM = 13.0


@dataclass(frozen=True)
class Label:
    """What one label says: where its code leads, and lines from the most important on."""

    address: str
    tag: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Line:
    """A line of text: its place, its size, and what of it fits."""

    x: float
    y: float
    size: float
    text: str
    is_tag: bool


@dataclass(frozen=True)
class Placed:
    """A label on a page: the code's squares as one SVG path, and its lines."""

    x: float
    y: float
    code_x: float
    code_y: float
    #: How long a square of the code is.
    square: float
    path: str
    lines: Sequence[Line]


def pages(labels: Sequence[Label], paper: Paper, *, skip: int = 0) -> Iterator[list[Placed]]:
    """Yield the labels of each page; the first `skip` places of the first page are used up."""
    places = list(range(skip % paper.per_page, skip % paper.per_page + len(labels)))
    found: list[Placed] = []
    for label, place in zip(labels, places, strict=True):
        if found and place % paper.per_page == 0:
            yield found
            found = []
        found.append(placed(label, paper, place % paper.per_page))
    if found:
        yield found


def placed(label: Label, paper: Paper, place: int) -> Placed:
    """Return a label at its place on a page: the code at the left, the lines beside it."""
    row, column = divmod(place, paper.columns)
    x = paper.origin[0] + column * paper.pitch[0]
    y = paper.origin[1] + row * paper.pitch[1]
    width, height = paper.size
    side = max(min(height - 2 * MARGIN_MM, width * 0.46), SMALLEST_MM)
    path, squares = qr_path(label.address)
    text_x = x + MARGIN_MM + side + 0.5
    return Placed(
        x=x,
        y=y,
        code_x=x + MARGIN_MM,
        code_y=y + (height - side) / 2,
        square=side / squares,
        path=path,
        lines=list(_lines(label, (text_x, y), x + width - MARGIN_MM - text_x, height)),
    )


#: A sheet that is printed again has the same codes, and the largest must find room: they cost 3 ms
#: each.
qr_path = lru_cache(maxsize=1024)(qr.path)


def fitting(text: str, width: float, size: float) -> str:
    """Return what of a text fits into `width` at a type size; what is cut ends in "…"."""
    used = 0.0
    for at, character in enumerate(text):
        used += _advance(character) * size
        if used > width:
            return f"{text[: max(at - 1, 0)].rstrip()}…"
    return text


def _lines(
    label: Label, corner: tuple[float, float], width: float, height: float
) -> Iterator[Line]:
    small = min(3.2, height / 10)
    large = min(4.6, height / 6.5)
    y = corner[1] + MARGIN_MM + large
    yield Line(corner[0], y, large, fitting(label.tag, width, large), is_tag=True)
    for text in label.lines:
        y += small * 1.45
        if y > corner[1] + height - MARGIN_MM:
            return
        if text:
            yield Line(corner[0], y, small, fitting(text, width, small), is_tag=False)


def _advance(character: str) -> float:
    """Return about how wide a character is, in its size."""
    return 1.0 if unicodedata.east_asian_width(character) in "WF" else 0.58
