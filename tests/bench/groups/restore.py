"""What a restore test costs over the tool's own restore, by the size of the dump."""

from collections.abc import Iterator
from pathlib import Path

from tests.bench import restoring
from tests.bench.groups import Run
from tests.bench.report import Figure, at_most, compared
from tests.bench.restoring import Dump

#: Rows of the larger table, and how often the dump of it is restored.
ROWS = {300_000: 3, 3_000_000: 1}
QUICK = {3_000: 1}
#: So many rows are dumped as SQL, too: unpacking them takes the same time for everybody.
MOST_AS_SQL = 300_000
GOAL = at_most(1.1)


def figures(run: Run) -> Iterator[Figure]:
    """Yield the seconds of each dump beside the tool alone and beside all by hand."""
    folder = run.folder / "restore"
    folder.mkdir(mode=0o755)
    restoring.ours(folder, restoring.dumps(folder, 1_000)[0])
    for rows, rounds in (QUICK if run.is_quick else ROWS).items():
        made = restoring.dumps(folder, rows, also_sql=rows <= MOST_AS_SQL)
        for dump in made:
            yield from beside(folder, dump, range(rounds))


def beside(folder: Path, dump: Dump, rounds: range) -> Iterator[Figure]:
    ours, fixed, alone, by_hand = [], [], [], []
    for _ in rounds:
        done = restoring.ours(folder, dump)
        ours.append(done.total_seconds)
        fixed.append(done.seconds["prepare"] + done.seconds["wipe"])
        alone.append(restoring.tool_alone(folder, dump))
        by_hand.append(restoring.by_hand(folder, dump))
    tool = "gzip and psql" if dump.is_packed else "pg_restore"
    kind = "sql_gz" if dump.is_packed else "custom"
    name = f"restore_{kind}_{dump.rows}"
    note = f"{dump.path.stat().st_size / 2**20:.0f} MiB; of ours {min(fixed):.2f} s fixed"
    figure = Figure(name=name, value=None, unit="s", peer=tool, goal=GOAL, note=note)
    yield compared(figure, ours, alone)
    figure = Figure(
        name=f"{name}_by_hand", value=None, unit="s", peer=f"initdb … {tool}", goal=GOAL
    )
    yield compared(figure, ours, by_hand)
