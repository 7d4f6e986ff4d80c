"""How many reports a second are taken durably, beside InfluxDB, with the same client for both."""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.api.reporting import health, now
from tests.bench import wrk
from tests.bench.groups import Run
from tests.bench.our_server import MACHINE, THREADS, enrolled_hosts, serving
from tests.bench.peers.influxdb import NAME, PATH, bodies, influxdb
from tests.bench.report import Figure, at_least, at_most, compared
from tests.bench.wrk import Load

HOSTS = 2000
BATCH = 50
#: The sizes of body among which InfluxDB's best is looked for.
PEERS_BATCHES = (50, 100)
MOST_MILLISECONDS = 50
#: Each host's reports follow one another: the number grows, the rest is the same. The spool is
#: another one for each run, so that what is measured is new and not what came while warming up.
OURS = """
local bearers, pieces, per, rest = {%s}, {%s}, %d, %s
local i, spool = 0, ""
local headers = {["Content-Type"] = "application/json"}
init = function(args) spool = args[1] end
request = function()
  local seq = math.floor(i / #bearers) * per
  headers["Authorization"] = bearers[i %% #bearers + 1]
  i = i + 1
  local reports = {}
  for k = 1, per do reports[k] = pieces[1] .. (seq + k) .. pieces[k + 1] end
  local body = '{"schema":1,"spool":"' .. spool .. rest .. table.concat(reports, ",") .. "]}"
  return wrk.format("POST", "/api/v1/reports", headers, body)
end
"""
THEIRS = """
local bodies, i = {%s}, 0
request = function()
  i = i + 1
  if i > #bodies then i = 1 end
  return wrk.format("POST", "%s", nil, bodies[i])
end
"""


def figures(run: Run) -> Iterator[Figure]:
    """Yield reports a second, one a request and many, and how long the slowest hundredth waits."""
    seconds = run.seconds(8)
    single: list[Load] = []
    batch: list[Load] = []
    peer_single: list[float] = []
    peer_best: list[float] = []
    for _ in run.in_turn():
        single.append(ours(run.folder, 1, seconds))
        if load := theirs(run.folder, 1, seconds):
            peer_single.append(load.requests_per_second)
        batch.append(ours(run.folder, BATCH, seconds))
        if best := _peers_best(run.folder, seconds):
            peer_best.append(best)
    yield compared(
        _goal("intake_one_a_request"), [load.requests_per_second for load in single], peer_single
    )
    yield compared(
        _goal(f"intake_{BATCH}_a_request", note=f"the peer's best of {PEERS_BATCHES} a request"),
        [load.requests_per_second * BATCH for load in batch],
        peer_best,
    )
    goal = at_most(MOST_MILLISECONDS, of="value")
    slow = Figure(name="intake_p99", value=None, unit="ms", goal=goal, note="one a request")
    yield compared(slow, [load.p99_milliseconds for load in single], None)
    refused = sum(load.refused for load in single + batch)
    yield Figure(name="intake_refused", value=refused, unit="", goal=at_most(0, of="value"))


def _goal(name: str, note: str = "") -> Figure:
    return Figure(
        name=name,
        value=None,
        unit="reports/s",
        peer=NAME,
        goal=at_least(1.0),
        stretch=at_least(1.5),
        note=note,
    )


def ours(folder: Path, per_request: int, seconds: float) -> Load:
    """Load our own server with so many reports in a body."""
    with TemporaryDirectory(dir=folder) as name:
        place = Path(name)
        script = script_for(place, enrolled_hosts(place, HOSTS), per_request)
        with serving(place, ITOPS_THREADS=str(THREADS)) as (_, address):
            return wrk.load(address, script, seconds=seconds)


def script_for(place: Path, hosts: list[str], per_request: int) -> Path:
    """Write what the client says to our own server, for hosts of these keys."""
    at = now()
    pieces = [_after_number(at - 60 * (per_request - 1 - k)) for k in range(per_request)]
    texts = map(wrk.text, ['{"seq":', *pieces])
    script = place / "ours.lua"
    bearers, rest = map(wrk.text, hosts), wrk.text(_after_spool(at))
    script.write_text(OURS % (",".join(bearers), ",".join(texts), per_request, rest))
    return script


def theirs(folder: Path, per_request: int, seconds: float) -> Load | None:
    """Load InfluxDB with so many points in a body; None if it isn't installed."""
    with TemporaryDirectory(dir=folder) as name, influxdb(Path(name)) as address:
        if address is None:
            return None
        script = Path(name) / "theirs.lua"
        texts = map(wrk.text, bodies(per_request=per_request))
        script.write_text(THEIRS % (",".join(texts), PATH))
        return wrk.load(address, script, seconds=seconds)


def _peers_best(folder: Path, seconds: float) -> float | None:
    """Return the most points a second that the peer takes."""
    found = [(size, theirs(folder, size, seconds)) for size in PEERS_BATCHES]
    return max((load.requests_per_second * size for size, load in found if load), default=None)


def _after_number(taken_at: float) -> str:
    """Return a report's text after its number."""
    report = health(1, taken_at=round(taken_at, 3))
    return json.dumps(report, separators=(",", ":")).removeprefix('{"seq":1')


def _after_spool(at: float) -> str:
    """Return an envelope's text after its spool's id."""
    return f'","machine":"{MACHINE}","agent":"0.1.0","sent_at":{at},"reports":['
