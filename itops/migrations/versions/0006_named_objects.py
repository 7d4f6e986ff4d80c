"""Named objects"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.add_column(sa.Column("asset_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("module_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("given_at", sa.DateTime(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_role_grant_asset_id_asset"),
            "asset",
            ["asset_id"],
            ["id"],
            ondelete="CASCADE",
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_role_grant_module_id_module"),
            "module",
            ["module_id"],
            ["id"],
            ondelete="CASCADE",
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_role_grant_named_for_vendors"),
            "(asset_id IS NULL AND module_id IS NULL) OR (role = 'vendor' AND site_id IS NULL"
            " AND department_id IS NULL AND ends_at IS NOT NULL"
            " AND (asset_id IS NULL OR module_id IS NULL))",
        )
        batch_op.create_index(batch_op.f("ix_role_grant_asset_id"), ["asset_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_role_grant_module_id"), ["module_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("data is upgraded, never dropped: restore the copy made before")
