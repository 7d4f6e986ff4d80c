"""Lines of an access review that nobody else could judge"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("access_review_line", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("by_themselves", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("access_review_line", schema=None) as batch_op:
        batch_op.alter_column("by_themselves", server_default=None)


def downgrade() -> None:
    raise NotImplementedError("data is upgraded, never dropped: restore the copy made before")
