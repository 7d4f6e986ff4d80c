"""A chained log"""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

GENESIS = "0" * 64
AT_ONCE = 5000
ALGORITHM = sa.Enum("sha256", "sm3", name="algorithm", native_enum=False, length=40)


def upgrade() -> None:
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("algorithm", ALGORITHM, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_anchor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("algorithm", ALGORITHM, nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("own_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_anchor")),
        sa.UniqueConstraint("position", name=op.f("uq_audit_anchor_position")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        # An entry keeps the number of an account that is gone: a hash must not break by it.
        batch_op.drop_constraint("fk_audit_entry_actor_id_user", type_="foreignkey")
        batch_op.add_column(sa.Column("algorithm", ALGORITHM, nullable=True))
        batch_op.add_column(sa.Column("previous_hash", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("hash", sa.String(length=64), nullable=True))
    chain()
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        for name, kind in (
            ("algorithm", ALGORITHM),
            ("previous_hash", sa.String(length=64)),
            ("hash", sa.String(length=64)),
        ):
            batch_op.alter_column(name, existing_type=kind, nullable=False)


PAGE = f"""
SELECT id, %s, actor_id, actor_name, address, action, subject_kind, subject_id, subject_name, %s, %s, result
FROM audit_entry WHERE id > :last ORDER BY id LIMIT {AT_ONCE}
"""  # noqa: S608 - constants
PAGES = {
    "sqlite": PAGE % ("at", "before", "after"),
    "postgresql": PAGE % ("to_char(at, 'YYYY-MM-DD HH24:MI:SS.US')", "before::text", "after::text"),
}


def chain() -> None:
    """Chain the entries that are there, in the order of their numbers, which become dense."""
    bind = op.get_bind()
    op.execute("UPDATE audit_entry SET before = NULL WHERE CAST(before AS text) = 'null'")
    op.execute("UPDATE audit_entry SET after = NULL WHERE CAST(after AS text) = 'null'")
    page = sa.text(PAGES[bind.dialect.name])
    write = sa.text(
        "UPDATE audit_entry SET id = :position, algorithm = 'sha256', previous_hash = :previous,"
        " hash = :hash WHERE id = :id"
    )
    last, position, previous = 0, 0, GENESIS
    while rows := bind.execute(page, {"last": last}).all():
        changes = []
        for number, *facts in rows:
            position += 1
            line = ["itops-audit-1", position, "sha256", previous, *facts]
            text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
            own = hashlib.sha256(text.encode()).hexdigest()
            changes.append({"id": number, "position": position, "previous": previous, "hash": own})
            last, previous = number, own
        bind.execute(write, changes)
    bind.execute(
        sa.text("INSERT INTO audit_head VALUES (1, :position, :hash, 'sha256')"),
        {"position": position, "hash": previous},
    )


def downgrade() -> None:
    raise NotImplementedError("data is upgraded, never dropped: restore the copy made before")
