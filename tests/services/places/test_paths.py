"""The way to a place, however it is read."""

import pytest
from sqlalchemy import select

from itops.db import db
from itops.models import Asset, LocationKind
from itops.services.assets import places as asset_places
from itops.services.places import paths as place_paths
from itops.services.places import tree as place_tree
from tests import factories

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def room():
    site = factories.site()
    building = factories.location(site=site, kind=LocationKind.BUILDING, name="门诊楼")
    floor = factories.location(site=site, kind=LocationKind.FLOOR, name="1F", parent=building)
    return factories.location(site=site, name="收费处", name_en="Cashier", parent=floor)


def test_a_row_a_thing_and_the_tree_tell_the_same_way(room):
    factories.asset(site=room.site, location=room)
    statement = select(*place_paths.COLUMNS).select_from(Asset)
    (row,) = db.session.execute(place_paths.joined(statement, Asset.location_id))
    way = [(step.name, step.name_en) for step in place_paths.way_to(room)]
    assert way == list(place_paths.names(row))
    assert way == [(spot.name, spot.name_en) for spot in place_tree.load().way_to(room.id)]


def test_a_way_is_written_in_the_readers_language(room):
    assert place_paths.written(place_paths.way_to(room), "zh_Hans") == "门诊楼 / 1F / 收费处"
    assert place_paths.written(place_paths.way_to(room), "en") == "门诊楼 / 1F / Cashier"
    chinese = {path for _, path, _ in asset_places.locations(room.site_id)}
    assert chinese == {"门诊楼", "门诊楼 / 1F", "门诊楼 / 1F / 收费处"}


def test_no_place_has_no_way():
    assert place_paths.way_to(None) == []
    assert place_paths.names([None] * len(place_paths.COLUMNS)) == ()
