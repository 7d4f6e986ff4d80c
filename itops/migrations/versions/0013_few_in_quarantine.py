"""An index of the few machines in quarantine"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_in = sa.text("quarantined_at IS NOT NULL")
    with op.batch_alter_table("host", schema=None) as batch_op:
        batch_op.create_index(
            "ix_host_quarantined", ["id"], sqlite_where=is_in, postgresql_where=is_in
        )


def downgrade() -> None:
    raise NotImplementedError("data is upgraded, never dropped: restore the copy made before")
