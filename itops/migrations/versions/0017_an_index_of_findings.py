"""An index of the few pieces of evidence that are findings"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

EVIDENCE = sa.table(
    "evidence", sa.column("message", sa.JSON()), sa.column("is_finding", sa.Boolean())
)


def upgrade() -> None:
    is_finding: sa.Column[bool] = sa.Column(
        "is_finding", sa.Boolean(), server_default=sa.false(), nullable=False
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.add_column(is_finding)
    said = EVIDENCE.c.message["key"].as_string()
    found = sa.update(EVIDENCE).where(said == "evidence.attested_with")
    op.execute(found.values(is_finding=sa.true()))
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.alter_column("is_finding", server_default=None)
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index(
            "ix_evidence_finding",
            ["order_id"],
            sqlite_where=sa.text("is_finding IS 1"),
            postgresql_where=sa.text("is_finding IS true"),
        )


def downgrade() -> None:
    raise NotImplementedError("data is upgraded, never dropped: restore the copy made before")
