"""A silence knows the English name of what it keeps quiet"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    name_en = sa.Column("subject_name_en", sa.String(length=255), server_default="", nullable=False)
    with op.batch_alter_table("quiet", schema=None) as batch_op:
        batch_op.add_column(name_en)
    with op.batch_alter_table("quiet", schema=None) as batch_op:
        batch_op.alter_column("subject_name_en", server_default=None)


def downgrade() -> None:
    raise NotImplementedError("data is upgraded, never dropped: restore the copy made before")
