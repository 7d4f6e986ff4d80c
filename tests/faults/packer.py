"""Pack in a process of its own that a test kills: python -m tests.faults.packer DATA_DIR URL.

Prints a line before each window, after it, and at the end.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from itops import create_app
from itops.config import Settings
from itops.db import db
from itops.services.history import packing

AT = datetime(2026, 9, 20, tzinfo=UTC)


def main(data_dir: str, url: str) -> None:
    app = create_app(Settings(data_dir=Path(data_dir), database_url=url))
    with app.app_context():
        print("ready", flush=True)  # noqa: T201 - what the test waits for
        for _ in packing.pack(at=AT, keep=timedelta(hours=6)):
            print("packed", flush=True)  # noqa: T201
            db.session.commit()
            print("committed", flush=True)  # noqa: T201
        print("done", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:3])
