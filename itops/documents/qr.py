"""A QR code as one SVG path; nothing that it says is kept."""

import segno

#: White around the code, in its own squares, as the norm asks.
QUIET_SQUARES = 4


def path(text: str) -> tuple[str, int]:
    """Return a QR code as an SVG path of unit squares with its quiet zone, and its side."""
    code = segno.make(text, error="m", micro=False)
    parts = []
    for y, row in enumerate(code.matrix):
        start = None
        for x, dark in enumerate([*row, 0]):
            if dark and start is None:
                start = x
            elif not dark and start is not None:
                parts.append(
                    f"M{start + QUIET_SQUARES} {y + QUIET_SQUARES}h{x - start}v1h{start - x}z"
                )
                start = None
    return "".join(parts), len(code.matrix) + 2 * QUIET_SQUARES
