"""Every duty: what comes round, how often, and what is done then."""

from datetime import datetime, timedelta
from types import MappingProxyType

from itops.config import Settings
from itops.services.alerting import host_signals, settling
from itops.services.audit import sealing
from itops.services.background import housekeeping, retention
from itops.services.backups import testing
from itops.services.demo import pulse
from itops.services.engine.duty_rows import DutyKind, Kinds, Pieces
from itops.services.history import packing
from itops.services.hosts import silence
from itops.services.maintenance import duty as maintenance
from itops.services.modules.standing import LOOK_EVERY, note_states
from itops.services.tickets import closing


def _pack(at: datetime, settings: Settings) -> Pieces:
    return packing.pack(at=at, keep=timedelta(hours=settings.keep_reports_hours))


def _beat(at: datetime, _settings: Settings) -> Pieces:
    pulse.beat(at=at)
    yield


#: Every duty by its name, which is also the key of its row.
DUTIES: Kinds = MappingProxyType(
    {
        "orders": DutyKind(timedelta(minutes=5), maintenance.make_orders),
        "proof": DutyKind(timedelta(minutes=5), maintenance.look_for_proof),
        "scratch": DutyKind(timedelta(minutes=1), testing.keep_house),
        "packing": DutyKind(timedelta(minutes=2), _pack),
        "modules": DutyKind(LOOK_EVERY, note_states),
        "alerts": DutyKind(timedelta(seconds=15), host_signals.look),
        "alert_settling": DutyKind(timedelta(seconds=30), settling.settle),
        "seal": DutyKind(sealing.EVERY, sealing.seal_daily),
        "silence": DutyKind(timedelta(seconds=30), silence.note_silence),
        "retention": DutyKind(timedelta(days=1), retention.thin_out),
        "tickets": DutyKind(timedelta(minutes=15), closing.close_solved),
        "demo": DutyKind(timedelta(minutes=1), _beat),
        "housekeeping": DutyKind(timedelta(hours=1), housekeeping.tidy_up),
    }
)
