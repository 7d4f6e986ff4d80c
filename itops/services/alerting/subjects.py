"""What an alert is about: its key, its name, where it is and how much depends on it."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_

from itops.models import (
    Alert,
    BackupJob,
    Channel,
    Check,
    Criticality,
    Host,
    Location,
    Site,
    SystemModule,
)

#: What the keys of places begin with.
SITE, BUILDING = "site:", "location:"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Something that can be in trouble, with all that an alert keeps of it."""

    #: "host:12", "check:7", "module:3", "backup_job:4", "site:5", "location:7", "channel:1".
    key: str
    name: str
    name_en: str = ""
    site_id: int | None = None
    department_id: int | None = None
    host_id: int | None = None
    asset_id: int | None = None
    module_id: int | None = None
    check_id: int | None = None
    backup_job_id: int | None = None
    criticality: Criticality = Criticality.NORMAL
    #: Bad verdicts in a row that make an alert, where the subject has its own number.
    attempts: int | None = None
    is_demo: bool = False


def of_host(host: Host) -> Subject:
    """Return a host as a subject; its asset says where it is and what it is worth."""
    asset = host.asset
    if asset is None:
        return Subject(
            key=f"host:{host.id}",
            name=host.name,
            site_id=host.site_id,
            host_id=host.id,
            is_demo=host.is_demo,
        )
    return Subject(
        key=f"host:{host.id}",
        name=f"{host.name} {asset.name}",
        name_en=f"{host.name} {asset.name_en or asset.name}",
        site_id=host.site_id or asset.site_id,
        department_id=asset.department_id,
        host_id=host.id,
        asset_id=asset.id,
        criticality=asset.criticality,
        is_demo=host.is_demo,
    )


def of_check(check: Check) -> Subject:
    """Return a remote check as a subject; it counts as much as what it looks at."""
    about = check.module or check.asset
    return Subject(
        key=f"check:{check.id}",
        name=check.name,
        name_en=check.name_en,
        site_id=check.site_id,
        department_id=check.department_id,
        asset_id=check.asset_id,
        module_id=check.module_id,
        check_id=check.id,
        attempts=check.hard_after,
        criticality=about.criticality if about else Criticality.NORMAL,
        is_demo=check.is_demo,
    )


def of_module(module: SystemModule) -> Subject:
    """Return a software module as a subject."""
    return Subject(
        key=f"module:{module.id}",
        name=f"{module.code} {module.name}",
        name_en=f"{module.code} {module.name_en or module.name}",
        site_id=module.site_id,
        department_id=module.department_id,
        module_id=module.id,
        criticality=module.criticality,
        is_demo=module.is_demo,
    )


def of_backup_job(job: BackupJob) -> Subject:
    """Return a backup job as a subject; it counts as much as the module that it saves."""
    return Subject(
        key=f"backup_job:{job.id}",
        name=job.name,
        name_en=job.name_en,
        site_id=job.site_id,
        module_id=job.module_id,
        backup_job_id=job.id,
        criticality=job.module.criticality if job.module else Criticality.NORMAL,
        is_demo=job.is_demo,
    )


def of_site(site: Site) -> Subject:
    """Return a whole site as a subject: nothing there is heard any more."""
    return Subject(
        key=site_key(site.id),
        name=site.name,
        name_en=site.name_en,
        site_id=site.id,
        criticality=Criticality.HIGH,
        is_demo=site.is_demo,
    )


def of_building(building: Location) -> Subject:
    """Return a whole building as a subject, with the name of its site."""
    site = building.site
    return Subject(
        key=building_key(building.id),
        name=f"{site.name} {building.name}",
        name_en=f"{site.name_en or site.name} {building.name_en or building.name}",
        site_id=site.id,
        criticality=Criticality.HIGH,
        is_demo=building.is_demo,
    )


def of_channel(channel: Channel) -> Subject:
    """Return a channel of messages as a subject; it is nobody's site."""
    return Subject(key=f"channel:{channel.id}", name=channel.name, criticality=Criticality.HIGH)


def site_key(site_id: int) -> str:
    """Return the key of a site as a subject: "site:5"."""
    return f"{SITE}{site_id}"


def building_key(location_id: int) -> str:
    """Return the key of a building as a subject: "location:7"."""
    return f"{BUILDING}{location_id}"


def is_place(key: str) -> bool:
    """Whether a subject is a site or a building."""
    return key.startswith((SITE, BUILDING))


def is_building(key: str) -> bool:
    """Whether a subject is a building."""
    return key.startswith(BUILDING)


def place_id(key: str) -> int:
    """Return the number of the site or building that a subject is: 5 of "site:5"."""
    return int(key.partition(":")[2])


def is_about_place() -> ColumnElement[bool]:
    """Whether an alert is about a site or a building."""
    return or_(*(Alert.subject.startswith(kind) for kind in (SITE, BUILDING)))
