"""An uploaded ledger that waits for its uploader: nothing of it is in the register yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.db import Base
from itops.models.place import Site


class ImportDraft(Base):
    """One upload, as the table that was read from it, and what the person chose for it."""

    __tablename__ = "import_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    filename: Mapped[str] = mapped_column(String(200))
    #: How its bytes were read: an encoding, or "xlsx" and the sheet's name.
    read_as: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    #: Where rows without a site of their own belong.
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    site: Mapped[Site] = relationship()
    #: Compressed JSON: the rows under the header, each the number of its line and its cells.
    table: Mapped[bytes] = mapped_column(LargeBinary)
    headers: Mapped[list[Any]]
    row_count: Mapped[int]
    #: The field that each column fills; an empty one is left out.
    fields: Mapped[list[Any]]
    makes_places: Mapped[bool] = mapped_column(default=False)
    #: The version of each asset that the dry run was shown with, by tag (0: there was none).
    seen: Mapped[dict[str, Any]] = mapped_column(default=dict)
