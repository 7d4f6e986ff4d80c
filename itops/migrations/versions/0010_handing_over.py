"""Roles handed over during leave"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.add_column(sa.Column("starts_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("delegated_from_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_role_grant_delegated_from_id_role_grant"),
            "role_grant",
            ["delegated_from_id"],
            ["id"],
            ondelete="CASCADE",
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_role_grant_handed_on_for_a_time"),
            "delegated_from_id IS NULL OR (starts_at IS NOT NULL AND ends_at IS NOT NULL"
            " AND asset_id IS NULL AND module_id IS NULL AND role NOT IN"
            " ('system_admin', 'security_admin', 'audit_admin', 'vendor', 'inspector'))",
        )
        batch_op.create_index(
            batch_op.f("ix_role_grant_delegated_from_id"), ["delegated_from_id"], unique=False
        )


def downgrade() -> None:
    raise NotImplementedError("data is upgraded, never dropped: restore the copy made before")
