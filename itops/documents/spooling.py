"""A file that is sent while it is written: what was written is taken out piece by piece."""

import io
from typing import Any


class Spool(io.RawIOBase):
    """Something to write into that keeps nothing longer than until it is taken."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        """Keep the data until it is taken."""
        self._parts.append(bytes(data))
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        """Return how much was written in all."""
        return self._written

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken
