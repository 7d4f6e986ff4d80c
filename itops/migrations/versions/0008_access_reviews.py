"""Access reviews"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(), nullable=False),
        sa.Column("begun_by", sa.String(length=120), nullable=False),
        sa.Column("signed_at", sa.DateTime(), nullable=True),
        sa.Column("signed_by", sa.String(length=120), nullable=False),
        sa.CheckConstraint(
            "signed_at IS NULL OR signed_by <> ''",
            name=op.f("ck_access_review_signed_by_somebody"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_review")),
    )
    op.create_index(op.f("ix_access_review_signed_at"), "access_review", ["signed_at"])
    op.create_table(
        "access_review_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("grant_id", sa.Integer(), nullable=True),
        sa.Column("login", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("is_shut", sa.Boolean(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "reporter",
                "department_contact",
                "site_officer",
                "engineer",
                "duty_officer",
                "head",
                "director",
                "deputy",
                "system_admin",
                "security_admin",
                "audit_admin",
                "vendor",
                "inspector",
                name="role",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("place", sa.JSON(), nullable=False),
        sa.Column("since_at", sa.DateTime(), nullable=True),
        sa.Column("ends_at", sa.DateTime(), nullable=True),
        sa.Column("last_used_at", sa.DateTime(), nullable=True),
        sa.Column("is_dormant", sa.Boolean(), nullable=False),
        sa.Column(
            "decision",
            sa.Enum("open", "kept", "withdrawn", name="kept", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["role_grant.id"],
            name=op.f("fk_access_review_line_grant_id_role_grant"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["access_review.id"],
            name=op.f("fk_access_review_line_review_id_access_review"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_review_line")),
    )
    op.create_index(op.f("ix_access_review_line_grant_id"), "access_review_line", ["grant_id"])
    op.create_index(op.f("ix_access_review_line_review_id"), "access_review_line", ["review_id"])


def downgrade() -> None:
    raise NotImplementedError("data is upgraded, never dropped: restore the copy made before")
