"""Roles that wait for approval"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

#: From a column to its table, and what becomes of the row when that goes.
KEYS = {
    "user_id": ("user", "CASCADE"),
    "site_id": ("site", "CASCADE"),
    "department_id": ("department", "CASCADE"),
    "asset_id": ("asset", "CASCADE"),
    "module_id": ("module", "CASCADE"),
    "proposed_by_id": ("user", "SET NULL"),
}


def upgrade() -> None:
    op.create_table(
        "grant_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
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
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("asset_id", sa.Integer(), nullable=True),
        sa.Column("module_id", sa.Integer(), nullable=True),
        sa.Column("ends_at", sa.DateTime(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("proposed_by", sa.String(length=120), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "waiting",
                "approved",
                "refused",
                "superseded",
                name="outcome",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.CheckConstraint(
            "outcome NOT IN ('approved', 'refused') OR decided_by <> ''",
            name=op.f("ck_grant_proposal_decided_by_somebody"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{table}.id"],
                name=op.f(f"fk_grant_proposal_{column}_{table}"),
                ondelete=ondelete,
            )
            for column, (table, ondelete) in KEYS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_proposal")),
    )
    for column in (*KEYS, "outcome"):
        op.create_index(op.f(f"ix_grant_proposal_{column}"), "grant_proposal", [column])


def downgrade() -> None:
    raise NotImplementedError("data is upgraded, never dropped: restore the copy made before")
