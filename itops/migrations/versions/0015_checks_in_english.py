"""Checks have an English name"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    name_en = sa.Column("name_en", sa.String(length=120), server_default="", nullable=False)
    with op.batch_alter_table("remote_check", schema=None) as batch_op:
        batch_op.add_column(name_en)
    with op.batch_alter_table("remote_check", schema=None) as batch_op:
        batch_op.alter_column("name_en", server_default=None)


def downgrade() -> None:
    raise NotImplementedError("data is upgraded, never dropped: restore the copy made before")
