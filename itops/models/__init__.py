"""The tables. Import a model from here; the file it lives in may change."""

from itops.models.asset import Asset, AssetEvent, AssetType, Criticality, Lifecycle
from itops.models.audit import AuditEntry, Result
from itops.models.health import HostSpool, HostState, Inventory, InventoryChange, StateChange
from itops.models.history import HealthSample, HistoryBlock, MetricLayout
from itops.models.host import Enrolment, EnrolmentCode, Host, HostIdentifier
from itops.models.import_draft import ImportDraft
from itops.models.job import Duty, Job, JobState
from itops.models.place import Department, Location, LocationKind, Site, SiteKind
from itops.models.user import (
    LinkPurpose,
    OneTimeLink,
    Role,
    RoleGrant,
    SignInFailure,
    User,
    UserSession,
)

__all__ = [
    "Asset",
    "AssetEvent",
    "AssetType",
    "AuditEntry",
    "Criticality",
    "Department",
    "Duty",
    "Enrolment",
    "EnrolmentCode",
    "HealthSample",
    "HistoryBlock",
    "Host",
    "HostIdentifier",
    "HostSpool",
    "HostState",
    "ImportDraft",
    "Inventory",
    "InventoryChange",
    "Job",
    "JobState",
    "Lifecycle",
    "LinkPurpose",
    "Location",
    "LocationKind",
    "MetricLayout",
    "OneTimeLink",
    "Result",
    "Role",
    "RoleGrant",
    "SignInFailure",
    "Site",
    "SiteKind",
    "StateChange",
    "User",
    "UserSession",
]
