"""The demo's rows by the names that its tables use, looked up once for each piece of loading."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy import select

from itops.db import db
from itops.models import (
    Asset,
    BackupJob,
    Check,
    Department,
    Host,
    Location,
    Role,
    RoleGrant,
    Site,
    SystemModule,
    User,
)
from itops.services.demo.figures import UTC_OFFSET
from itops.services.demo.hospital import HOSPITAL
from itops.services.maintenance.days import Now
from itops.services.tickets import limits
from itops.services.tickets.limits import Limits

#: The demo's people live by this clock, wherever the server stands.
LOCAL = timezone(timedelta(seconds=UTC_OFFSET))
ZONE = ZoneInfo("Asia/Shanghai")
YEAR_DAYS = 365


@dataclass(frozen=True)
class Known:
    """The demo as it is loaded so far, and the moment that is its present."""

    at: datetime

    @property
    def now(self) -> Now:
        return Now(self.at, ZONE)

    @property
    def minute(self) -> int:
        """The present in epoch seconds, at the beginning of its minute."""
        return int(self.at.timestamp()) // 60 * 60

    def host_id(self, machine: str) -> int:
        """Return the id of the machine of this name, without reading anything else."""
        wanted = select(Host.id).where(Host.is_demo, Host.name == machine)
        return db.session.scalars(wanted).one()

    def on(self, days_ago: int, hour: int, minute: int = 0) -> datetime:
        """Return a moment of a day so long ago, by the hospital's clock."""
        day = self.at.astimezone(LOCAL).date() - timedelta(days=days_ago)
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LOCAL).astimezone(UTC)

    @cached_property
    def hospital(self) -> Site:
        wanted = select(Site).where(Site.is_demo, Site.name == HOSPITAL[0])
        return db.session.scalars(wanted).one()

    @cached_property
    def departments(self) -> dict[str, Department]:
        found = db.session.scalars(select(Department).where(Department.is_demo))
        return {one.name: one for one in found}

    @cached_property
    def rooms(self) -> dict[str, Location]:
        found = db.session.scalars(select(Location).where(Location.is_demo))
        return {one.name: one for one in found}

    @cached_property
    def assets(self) -> dict[str, Asset]:
        """Assets by tag."""
        return {
            one.tag: one for one in db.session.scalars(select(Asset).where(Asset.is_demo)).all()
        }

    @cached_property
    def workstations(self) -> list[Asset]:
        """The hospital's own workstations, in the order of their numbers."""
        mine = (one for one in self.assets.values() if one.site_id == self.hospital.id)
        return sorted(
            (one for one in mine if one.type_key == "workstation"), key=lambda one: one.tag
        )

    @cached_property
    def limits(self) -> Limits:
        """The time limits of tickets."""
        return limits.limits()

    @cached_property
    def machines(self) -> dict[str, Host]:
        """Hosts by name."""
        return {one.name: one for one in db.session.scalars(select(Host).where(Host.is_demo)).all()}

    @cached_property
    def modules(self) -> dict[str, SystemModule]:
        found = db.session.scalars(select(SystemModule).where(SystemModule.is_demo))
        return {one.code: one for one in found}

    @cached_property
    def checks(self) -> dict[str, Check]:
        return {
            one.name: one for one in db.session.scalars(select(Check).where(Check.is_demo)).all()
        }

    @cached_property
    def jobs(self) -> dict[str, BackupJob]:
        """Backup jobs by the code of their module."""
        found = db.session.scalars(select(BackupJob).where(BackupJob.is_demo))
        return {one.module.code: one for one in found if one.module is not None}

    @cached_property
    def people(self) -> dict[Role, User]:
        rows = db.session.execute(
            select(RoleGrant.role, User)
            .join(User, User.id == RoleGrant.user_id)
            .where(User.is_demo)
        )
        return dict(rows.all())

    def asset_of(self, machine: str) -> Asset:
        """Return the asset that is the machine of this name."""
        asset = self.machines[machine].asset
        if asset is None:
            raise KeyError(machine)
        return asset
