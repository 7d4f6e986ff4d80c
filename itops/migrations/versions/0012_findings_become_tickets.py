"""A finding of a work order becomes a ticket"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(sa.Column("finding_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_ticket_finding_id_evidence"),
            "evidence",
            ["finding_id"],
            ["id"],
            ondelete="SET NULL",
        )
        batch_op.create_unique_constraint(batch_op.f("uq_ticket_finding_id"), ["finding_id"])


def downgrade() -> None:
    raise NotImplementedError("data is upgraded, never dropped: restore the copy made before")
