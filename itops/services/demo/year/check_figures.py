"""What the demo's remote checks would find at a moment: nobody is asked, the answer is worked out.

Figures become an answer as a real machine's would, and that is judged by the checks' own rules.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from itops.checks import parameters, ups
from itops.checks.answers import HttpAnswer, TcpAnswer, TlsAnswer
from itops.checks.base import Finding
from itops.checks.catalogue import CHECKS
from itops.checks.kinds.clock import Skew
from itops.checks.kinds.disk import FileSystem
from itops.checks.kinds.file import Listing
from itops.checks.kinds.load import Load
from itops.checks.kinds.service import Unit
from itops.checks.ups import Flag, Ups
from itops.services.demo.figures import DAY, HOUR, UTC_OFFSET, busy, chance, disk_percent
from itops.services.demo.machines import machines
from itops.services.demo.year.check_list import DemoCheck
from itops.services.demo.year.troubles import LIS_BACKUP_LATE_DAYS, is_on_battery

#: When the nightly backups are written, in seconds of the hospital's day.
BACKUP_AT = 90 * 60
GIB = 1024**3
_MACHINES = {machine.name: machine for machine in machines() if machine.is_server}
Figures = dict[str, float]


def measured(check: DemoCheck, moment: int, *, now: int) -> Figures:
    """Return what the check would measure at `moment`, by metric's name."""
    return _MEASURES[check.kind](check, moment, now)


def finding(check: DemoCheck, moment: int, *, now: int) -> Finding:
    """Return what the check would conclude at `moment`."""
    kind = CHECKS[check.kind]
    figures = measured(check, moment, now=now)
    params = parameters.read(kind.params, check.params)
    found: Finding = kind.evaluate(
        _ANSWERS[check.kind](check, figures, moment), params, kind.default_limits()
    )
    return found


def _tcp(check: DemoCheck, moment: int, _now: int) -> Figures:
    noise = chance(check.number, moment)
    return {"tcp.connect_seconds": round(0.0008 + 0.004 * noise * busy(moment), 4)}


def _http(check: DemoCheck, moment: int, _now: int) -> Figures:
    noise = chance(check.number, moment)
    return {"http.response_seconds": round(0.06 + 0.35 * noise * busy(moment), 4)}


def _tls(check: DemoCheck, moment: int, now: int) -> Figures:
    left = 19 if check.machine == "WEB-01" else 143
    return {"tls.days_left": round((left + (now - moment) / DAY - 1) % 365 + 1, 2)}


def _disk(check: DemoCheck, moment: int, now: int) -> Figures:
    found = {}
    for disk in _MACHINES[check.machine].disks:
        used = disk_percent(disk, moment, now=now)
        found[f"disk.used_percent:{disk.mount}"] = round(used, 2)
        found[f"disk.free_bytes:{disk.mount}"] = float(int(disk.total_bytes * (100 - used) / 100))
    return found


def _load(check: DemoCheck, moment: int, _now: int) -> Figures:
    full = 16 * busy(moment) * 0.4
    return {
        f"load.m{minutes}": round(
            full * (0.6 + 0.6 * chance(check.number, moment // 60 // minutes)), 2
        )
        for minutes in (1, 5, 15)
    }


def _clock(check: DemoCheck, moment: int, _now: int) -> Figures:
    return {"clock.skew_seconds": round((chance(check.number, moment // HOUR) - 0.5) * 0.8, 3)}


def _service(_check: DemoCheck, _moment: int, _now: int) -> Figures:
    return {"service.is_active": 1.0}


def _file(check: DemoCheck, moment: int, now: int) -> Figures:
    age = float((moment + UTC_OFFSET - BACKUP_AT) % DAY)
    if check.backup_of == "LIS":
        stopped = (now + UTC_OFFSET - BACKUP_AT) // DAY * DAY - (LIS_BACKUP_LATE_DAYS - 1) * DAY
        stopped += BACKUP_AT - UTC_OFFSET - DAY
        age = max(age, float(moment - stopped)) if moment > stopped else age
    size = (4 + check.number % 40) * GIB * (1 - (now - moment) / DAY * 0.0008)
    return {"file.age_seconds": age, "file.size_bytes": float(int(size)), "file.count": 14.0}


def _ups(check: DemoCheck, moment: int, now: int) -> Figures:
    days_ago = (now + UTC_OFFSET) // DAY - (moment + UTC_OFFSET) // DAY
    is_room = check.kind == "ups_nut"
    on_battery = is_room and is_on_battery(days_ago, (moment + UTC_OFFSET) % DAY / 60)
    load = 28 + check.number % 20 + 8 * busy(moment)
    return {
        "ups.charge_percent": 78.0 if on_battery else 100.0,
        "ups.runtime_seconds": float(int((1500 if on_battery else 2700) * 40 / load)),
        "ups.load_percent": round(load, 1),
        "ups.battery_volts": 51.2 if on_battery else 54.6,
        "ups.battery_celsius": round(24 + 3 * busy(moment), 1),
        "ups.input_volts": 0.0 if on_battery else round(226 + 8 * chance(check.number, moment), 1),
        "ups.input_hertz": 0.0 if on_battery else 50.0,
        "ups.output_volts": 230.0,
        "ups.on_battery": float(on_battery),
    }


def _ups_answer(check: DemoCheck, figures: Figures, _moment: int) -> Ups:
    is_drawing = bool(figures["ups.on_battery"])
    flags = {Flag.ON_BATTERY, Flag.DISCHARGING} if is_drawing else {Flag.ON_LINE}
    if check.ups == "UPS-0007":
        flags.add(Flag.REPLACE_BATTERY)
    believed = {name.removeprefix("ups."): value for name, value in figures.items()}
    believed.pop("on_battery")
    return Ups(frozenset(flags), ups.Figures(**believed), status=" ".join(sorted(flags)))


def _tls_answer(check: DemoCheck, figures: Figures, moment: int) -> TlsAnswer:
    asked = datetime.fromtimestamp(moment, UTC)
    ends = asked + timedelta(days=figures["tls.days_left"])
    return TlsAnswer(asked, ends, subject=f"CN={check.machine.lower()}.demo", issuer="Demo CA")


def _disk_answer(_check: DemoCheck, figures: Figures, _moment: int) -> tuple[FileSystem, ...]:
    found = []
    for name, percent in figures.items():
        if name.startswith("disk.used_percent:"):
            mount = name.partition(":")[2]
            free = int(figures[f"disk.free_bytes:{mount}"])
            used = int(free * percent / max(100 - percent, 0.01))
            found.append(FileSystem(mount, used, free))
    return tuple(found)


def _file_answer(check: DemoCheck, figures: Figures, moment: int) -> Listing:
    made = datetime.fromtimestamp(moment - figures["file.age_seconds"] + UTC_OFFSET, UTC)
    name = f"{check.params['path']}/{check.backup_of.lower()}-{made:%Y-%m-%d}.dump"
    return Listing([(figures["file.age_seconds"], int(figures["file.size_bytes"]), name)] * 14)


_MEASURES: Mapping[str, Callable[[DemoCheck, int, int], Figures]] = {
    "tcp": _tcp,
    "http": _http,
    "tls": _tls,
    "disk": _disk,
    "load": _load,
    "clock": _clock,
    "service": _service,
    "file": _file,
    "ups_nut": _ups,
    "ups_snmp": _ups,
}
#: What the checks' own parsers would have made of such an answer.
_ANSWERS: Mapping[str, Callable[[DemoCheck, Figures, int], Any]] = {
    "tcp": lambda _c, found, _m: TcpAnswer(found["tcp.connect_seconds"]),
    "http": lambda _c, found, _m: HttpAnswer(found["http.response_seconds"], 200),
    "tls": _tls_answer,
    "disk": _disk_answer,
    "load": lambda _c, found, _m: Load(
        found["load.m1"], found["load.m5"], found["load.m15"], processors=16
    ),
    "clock": lambda _c, found, _m: Skew(found["clock.skew_seconds"], 0.01),
    "service": lambda _c, _f, _m: Unit("loaded", "active", "running"),
    "file": _file_answer,
    "ups_nut": _ups_answer,
    "ups_snmp": _ups_answer,
}
