"""Seals"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_seal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column(
            "algorithm",
            sa.Enum("sha256", "sm3", name="algorithm", native_enum=False, length=40),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_seal")),
    )
    with op.batch_alter_table("audit_seal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_seal_at"), ["at"], unique=False)
    op.create_table(
        "audit_seal_copy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seal_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=500), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("is_file", sa.Boolean(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["seal_id"], ["audit_seal.id"], name=op.f("fk_audit_seal_copy_seal_id_audit_seal")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_seal_copy")),
    )
    with op.batch_alter_table("audit_seal_copy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_seal_copy_seal_id"), ["seal_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("data is upgraded, never dropped: restore the copy made before")
