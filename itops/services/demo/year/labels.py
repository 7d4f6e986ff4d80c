"""The labels that stick on the demo's devices; their codes are the same on each loading."""

import random

from sqlalchemy import insert, select

from itops.db import db
from itops.models import Asset, AssetLabel
from itops.services.demo.machines import SEED
from itops.services.demo.year.known import Known
from itops.services.secrets.typed_codes import ALPHABET
from itops.services.tickets.codes import LABEL_LENGTH


def make_labels(known: Known) -> None:
    """Give each device of the demo the label that opens its report form."""
    chance = random.Random(SEED)  # noqa: S311 - the same labels each time is what is wanted
    keys = db.session.scalars(select(Asset.id).where(Asset.is_demo).order_by(Asset.id))
    rows = [
        {
            "code": "DEM0" + "".join(chance.choices(ALPHABET, k=LABEL_LENGTH - 4)),
            "asset_id": key,
            "created_at": known.at,
            "created_by": "",
            "revoked_by": "",
        }
        for key in keys
    ]
    db.session.execute(insert(AssetLabel), rows)
