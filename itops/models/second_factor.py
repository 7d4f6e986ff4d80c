"""What a person shows beside the password: a code of their phone, or one of ten on paper."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.db import Base
from itops.models.user import User


class SecondFactor(Base):
    """The secret that a person's phone shares with us. It is in force once it was confirmed."""

    __tablename__ = "second_factor"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), unique=True)
    user: Mapped[User] = relationship(back_populates="second_factor")
    #: As services/secrets/sealing.py writes it, under the master key with the id `sealed_by`.
    sealed: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    sealed_by: Mapped[str] = mapped_column(String(16), default="", index=True)
    begun_at: Mapped[datetime]
    #: When a first code proved that the phone has the secret.
    confirmed_at: Mapped[datetime | None]
    #: The latest half minute (since 1970) whose code was used; no code up to it works again.
    last_step: Mapped[int] = mapped_column(default=0)
    codes: Mapped[list[RecoveryCode]] = relationship(
        back_populates="factor", cascade="all, delete-orphan"
    )


class RecoveryCode(Base):
    """A code that stands for the phone, once. Only its hash is kept."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    factor_id: Mapped[int] = mapped_column(ForeignKey("second_factor.id", ondelete="CASCADE"))
    factor: Mapped[SecondFactor] = relationship(back_populates="codes")
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    used_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("factor_id", "code_hash"),)
