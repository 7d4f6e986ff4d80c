"""The tables. Import a model from here; the file it lives in may change."""

from itops.models.access_review import AccessReview, AccessReviewLine, Kept
from itops.models.alert import Alert, AlertEvent, AlertStatus
from itops.models.api_token import ApiToken
from itops.models.asset import Asset, AssetEvent, AssetType, Criticality, Lifecycle
from itops.models.attachment import Attachment
from itops.models.audit import AuditAnchor, AuditEntry, AuditHead, Result
from itops.models.audit_chain import insert_entry
from itops.models.audit_seal import AuditSeal, AuditSealCopy
from itops.models.backup import (
    BackupJob,
    BackupKind,
    BackupRun,
    RunState,
    SeenBy,
    Verification,
    VerificationLevel,
)
from itops.models.calendar_feed import CalendarFeed
from itops.models.check import Check, CheckChange, CheckTranscript
from itops.models.credential import Credential, CredentialKind, HostKey, HostKeyState
from itops.models.delivery import (
    Channel,
    ChannelKind,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Outbox,
    Subscription,
)
from itops.models.evidence import Evidence, SignOff
from itops.models.former_password import FormerPassword
from itops.models.grant_proposal import GrantProposal, Outcome
from itops.models.health import HostSpool, HostState, Inventory, InventoryChange, StateChange
from itops.models.history import CheckBlock, CheckSample, HealthSample, HistoryBlock, MetricLayout
from itops.models.host import Enrolment, EnrolmentCode, Host, HostIdentifier
from itops.models.import_draft import ImportDraft
from itops.models.job import Duty, Job, JobState
from itops.models.label import AssetLabel
from itops.models.module import (
    Dependency,
    DependencyKind,
    ModuleState,
    ModuleStateChange,
    SystemModule,
)
from itops.models.place import Department, Location, LocationKind, Site, SiteKind
from itops.models.plan import Checklist, Counts, MaintenancePlan
from itops.models.public_count import PublicCount
from itops.models.quiet import Quiet, QuietKind, Vigil
from itops.models.second_factor import RecoveryCode, SecondFactor
from itops.models.ticket import (
    Impact,
    ServiceTime,
    Ticket,
    TicketEvidence,
    TicketKind,
    TicketSource,
    TicketStatus,
    TicketTarget,
    Urgency,
    What,
)
from itops.models.ticket_event import TicketEvent, TicketReport
from itops.models.user import (
    LinkPurpose,
    OneTimeLink,
    Role,
    RoleGrant,
    SignInFailure,
    User,
    UserSession,
)
from itops.models.work_order import (
    ProvenBy,
    WorkKind,
    WorkOrder,
    WorkOrderEvent,
    WorkOrderItem,
    WorkStatus,
)

__all__ = [
    "AccessReview",
    "AccessReviewLine",
    "Alert",
    "AlertEvent",
    "AlertStatus",
    "ApiToken",
    "Asset",
    "AssetEvent",
    "AssetLabel",
    "AssetType",
    "Attachment",
    "AuditAnchor",
    "AuditEntry",
    "AuditHead",
    "AuditSeal",
    "AuditSealCopy",
    "BackupJob",
    "BackupKind",
    "BackupRun",
    "CalendarFeed",
    "Channel",
    "ChannelKind",
    "Check",
    "CheckBlock",
    "CheckChange",
    "CheckSample",
    "CheckTranscript",
    "Checklist",
    "Counts",
    "Credential",
    "CredentialKind",
    "Criticality",
    "Delivery",
    "DeliveryKind",
    "DeliveryState",
    "Department",
    "Dependency",
    "DependencyKind",
    "Duty",
    "Enrolment",
    "EnrolmentCode",
    "Evidence",
    "FormerPassword",
    "GrantProposal",
    "HealthSample",
    "HistoryBlock",
    "Host",
    "HostIdentifier",
    "HostKey",
    "HostKeyState",
    "HostSpool",
    "HostState",
    "Impact",
    "ImportDraft",
    "Inventory",
    "InventoryChange",
    "Job",
    "JobState",
    "Kept",
    "Lifecycle",
    "LinkPurpose",
    "Location",
    "LocationKind",
    "MaintenancePlan",
    "MetricLayout",
    "ModuleState",
    "ModuleStateChange",
    "OneTimeLink",
    "Outbox",
    "Outcome",
    "ProvenBy",
    "PublicCount",
    "Quiet",
    "QuietKind",
    "RecoveryCode",
    "Result",
    "Role",
    "RoleGrant",
    "RunState",
    "SecondFactor",
    "SeenBy",
    "ServiceTime",
    "SignInFailure",
    "SignOff",
    "Site",
    "SiteKind",
    "StateChange",
    "Subscription",
    "SystemModule",
    "Ticket",
    "TicketEvent",
    "TicketEvidence",
    "TicketKind",
    "TicketReport",
    "TicketSource",
    "TicketStatus",
    "TicketTarget",
    "Urgency",
    "User",
    "UserSession",
    "Verification",
    "VerificationLevel",
    "Vigil",
    "What",
    "WorkKind",
    "WorkOrder",
    "WorkOrderEvent",
    "WorkOrderItem",
    "WorkStatus",
    "insert_entry",
]
