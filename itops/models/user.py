"""People who sign in: accounts, what they are granted and where, sessions and one-time links."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.db import Base

if TYPE_CHECKING:
    from itops.models.second_factor import SecondFactor


class Role(StrEnum):
    REPORTER = "reporter"
    DEPARTMENT_CONTACT = "department_contact"
    SITE_OFFICER = "site_officer"
    ENGINEER = "engineer"
    DUTY_OFFICER = "duty_officer"
    HEAD = "head"
    DIRECTOR = "director"
    DEPUTY = "deputy"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"
    VENDOR = "vendor"
    INSPECTOR = "inspector"


class User(Base):
    """An account of one person. Flask-Login's protocol: `is_active`, `get_id` and the rest."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: What the person types to sign in; kept in lower case, so that it is unique as people read it.
    login: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    #: Argon2; empty until the person has set one by a one-time link.
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    #: When it was set; None: before we wrote it down, or never.
    password_set_at: Mapped[datetime | None]
    #: One of our languages, or empty: as the browser asks.
    language: Mapped[str] = mapped_column(String(10), default="")
    is_enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    last_sign_in_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    locked_until_at: Mapped[datetime | None]
    is_demo: Mapped[bool] = mapped_column(default=False)
    grants: Mapped[list[RoleGrant]] = relationship(
        back_populates="user", cascade="all, delete-orphan"
    )
    second_factor: Mapped[SecondFactor | None] = relationship(
        back_populates="user", cascade="all, delete-orphan"
    )

    is_authenticated = True
    is_anonymous = False

    def grants_at(self, at: datetime) -> list[RoleGrant]:
        """Return the grants that have begun by `at` and have not ended."""
        return [grant for grant in self.grants if grant.holds_at(at)]

    @property
    def has_second_factor(self) -> bool:
        """Whether a password alone does not let this person in."""
        return self.second_factor is not None and self.second_factor.confirmed_at is not None

    @property
    def is_active(self) -> bool:
        return self.is_enabled

    def get_id(self) -> str:
        return str(self.id)


class RoleGrant(Base):
    """One role of one person, at a site and all below it (none: everywhere), until an end.

    A vendor's engineer holds no place: each grant of theirs names one asset or one module.
    One that a person on leave handed to a colleague names theirs, and goes with it.
    """

    __tablename__ = "role_grant"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    user: Mapped[User] = relationship(back_populates="grants")
    role: Mapped[Role]
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    #: Narrows the role to one department's things; for contacts and custodians.
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True)
    asset_id: Mapped[int | None] = mapped_column(
        ForeignKey("asset.id", ondelete="CASCADE"), index=True
    )
    module_id: Mapped[int | None] = mapped_column(
        ForeignKey("module.id", ondelete="CASCADE"), index=True
    )
    #: None: at once.
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    given_at: Mapped[datetime | None]
    delegated_from_id: Mapped[int | None] = mapped_column(
        ForeignKey("role_grant.id", ondelete="CASCADE"), index=True
    )
    delegated_from: Mapped[RoleGrant | None] = relationship(
        remote_side="RoleGrant.id", back_populates="handed_on"
    )
    handed_on: Mapped[list[RoleGrant]] = relationship(
        back_populates="delegated_from", cascade="all", passive_deletes=True
    )

    __table_args__ = (
        CheckConstraint(
            "(asset_id IS NULL AND module_id IS NULL) OR (role = 'vendor' AND site_id IS NULL"
            " AND department_id IS NULL AND ends_at IS NOT NULL"
            " AND (asset_id IS NULL OR module_id IS NULL))",
            name="named_for_vendors",
        ),
        CheckConstraint(
            "delegated_from_id IS NULL OR (starts_at IS NOT NULL AND ends_at IS NOT NULL"
            " AND asset_id IS NULL AND module_id IS NULL AND role NOT IN"
            " ('system_admin', 'security_admin', 'audit_admin', 'vendor', 'inspector'))",
            name="handed_on_for_a_time",
        ),
    )

    def holds_at(self, at: datetime) -> bool:
        """Whether it has begun and has not ended."""
        return (self.starts_at is None or self.starts_at <= at) and not self.is_over(at)

    def is_over(self, at: datetime) -> bool:
        """Whether its time has come and gone."""
        return self.ends_at is not None and self.ends_at <= at

    @property
    def giver(self) -> User | None:
        """The colleague on leave for whom its holder stands in; None for a role of one's own."""
        return self.delegated_from.user if self.delegated_from else None

    @property
    def names_a_thing(self) -> bool:
        """Whether it holds for one asset or module, and for no place."""
        return self.asset_id is not None or self.module_id is not None

    @property
    def holds_everywhere(self) -> bool:
        """Whether no place and no thing bounds it; a vendor's never holds so."""
        is_bound = self.names_a_thing or (self.site_id, self.department_id) != (None, None)
        return not is_bound and self.role is not Role.VENDOR


class UserSession(Base):
    """One signed-in browser. The cookie holds a token whose hash stands here."""

    __tablename__ = "user_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    user: Mapped[User] = relationship()
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(String(45))
    browser: Mapped[str] = mapped_column(String(200), default="")


class LinkPurpose(StrEnum):
    SET_PASSWORD = "set_password"  # noqa: S105 - a purpose, not a password
    SIGN_IN = "sign_in"


class OneTimeLink(Base):
    """A link that lets its holder set a password, or sign in to a demo account, once."""

    __tablename__ = "one_time_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    user: Mapped[User] = relationship()
    purpose: Mapped[LinkPurpose]
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInFailure(Base):
    """Failed sign-ins from one address, to slow it down; forgotten after a while."""

    __tablename__ = "sign_in_failure"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(45))
    at: Mapped[datetime]

    __table_args__ = (Index("ix_sign_in_failure_address_at", "address", "at"),)
