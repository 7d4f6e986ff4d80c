"""The place pages: the tree of sites, and what stands in each."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import reach
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import Department, Location, LocationKind, Site, SiteKind
from itops.services import belongings
from itops.services.places import changing as practice
from itops.services.places.changing import Names, Place
from itops.services.places.trees import rooms_of, tree_of
from itops.views.answering.language import t
from itops.views.editing import Editing, Saved
from itops.views.merging import VERSION, Both, Disputed, as_read
from itops.views.showing.choices import C, choice_of, number_of, places_to_choose
from itops.views.showing.forms import Form

bp = Blueprint("places", __name__, url_prefix="/places")
MANAGES = Permission.MANAGE_PLACES
#: What stands in an address for each kind of place.
KINDS: dict[str, type[Any]] = {"site": Site, "department": Department, "location": Location}
ADDRESS = "/<any(site,department,location):kind>/<int:place_id>"


@bp.get("")
@requires(MANAGES)
def index() -> ResponseReturnValue:
    return _index_page(Form())


@bp.post("")
@requires(MANAGES)
def add_site() -> ResponseReturnValue:
    try:
        kind = _kind_of(SiteKind)
        site = practice.add_site(_names(), kind, _parent_site(), by=actor(), at=utcnow())
    except Invalid as error:
        db.session.rollback()
        return _index_page(Form.refused(request.form, error)), 422
    db.session.commit()
    return redirect(url_for(".show", site_id=site.id))


@bp.get("/site/<int:site_id>")
@requires(MANAGES)
def show(site_id: int) -> ResponseReturnValue:
    return _site_page(_site(site_id), Form())


@bp.post("/site/<int:site_id>/add")
@requires(MANAGES)
def add(site_id: int) -> ResponseReturnValue:
    """Add a department, or a building, floor or room, to a site."""
    site = _site(site_id)
    try:
        if request.form.get("kind") == "department":
            practice.add_department(_names(), site, by=actor(), at=utcnow())
        else:
            _add_location(site)
    except Invalid as error:
        db.session.rollback()
        return _site_page(_site(site_id), Form.refused(request.form, error)), 422
    db.session.commit()
    flash(t("places.added"), "ok")
    return redirect(url_for(".show", site_id=site_id))


@bp.get(f"{ADDRESS}/edit")
@requires(MANAGES)
def edit(kind: str, place_id: int) -> ResponseReturnValue:
    return RENAMING[kind].begin(place_id)


@bp.post(f"{ADDRESS}/rename")
@requires(MANAGES)
def rename(kind: str, place_id: int) -> ResponseReturnValue:
    # Held until it is done: a place counts no versions.
    db.session.refresh(_place(kind, place_id), with_for_update=True)
    return RENAMING[kind].save(place_id)


@bp.post(f"{ADDRESS}/move")
@requires(MANAGES)
def move(kind: str, place_id: int) -> ResponseReturnValue:
    place = _place(kind, place_id)
    try:
        belongings.move(place, _destination(place), by=actor(), at=utcnow())
    except (Invalid, Refused) as error:
        db.session.rollback()
        return _edit_page(kind, _place(kind, place_id), Form.refused(request.form, error)), 422
    db.session.commit()
    flash(t("places.moved"), "ok")
    return redirect(_home(place))


@bp.get(f"{ADDRESS}/remove")
@requires(MANAGES)
def ask_to_remove(kind: str, place_id: int) -> ResponseReturnValue:
    place = _place(kind, place_id)
    return render_template(
        "places/remove.html", kind=kind, place=place, uses=practice.uses(place), back=_home(place)
    )


@bp.post(f"{ADDRESS}/remove")
@requires(MANAGES)
def remove(kind: str, place_id: int) -> ResponseReturnValue:
    place = _place(kind, place_id)
    home = url_for(".index") if isinstance(place, Site) else _home(place)
    practice.remove(place, by=actor(), at=utcnow())
    db.session.commit()
    flash(t("places.removed"), "ok")
    return redirect(home)


def _place(kind: str, place_id: int) -> Place:
    """Return the place within reach; all others do not exist."""
    place: Place | None = db.session.get(KINDS[kind], place_id)
    site_id = place.id if isinstance(place, Site) else place.site_id if place else None
    if place is None or not reach(MANAGES).covers(site_id=site_id):
        abort(404)
    return place


def _site(site_id: int) -> Site:
    place = _place("site", site_id)
    return place if isinstance(place, Site) else abort(404)


def _parent_site() -> Site | None:
    """Return the site to stand under; to make a root is for whoever reaches everything."""
    text = request.form.get("parent", "")
    if not text and reach(MANAGES).everywhere:
        return None
    found = db.session.get(Site, number_of(text) or 0)
    if found is None or not reach(MANAGES).covers(site_id=found.id):
        raise Invalid("places.parent_wrong", field="parent")
    return found


def _destination(place: Place) -> Site | Location | None:
    """Return where a place is to go: old and new must both be within reach."""
    if isinstance(place, Location):
        return _within(place.site)
    leaves = place.parent_id if isinstance(place, Site) else place.site_id
    if not reach(MANAGES).covers(site_id=leaves):
        raise Refused("asset.out_of_reach")
    return _parent_site()


def _within(site: Site) -> Site | Location:
    """Return the building or floor that the form names; the site itself for none."""
    text = request.form.get("within", "")
    if not text:
        return site
    found = db.session.get(Location, number_of(text) or 0)
    if found is None or found.site_id != site.id:
        raise Invalid("places.within_wrong", field="within")
    return found


def _add_location(site: Site) -> None:
    kind = _kind_of(LocationKind)
    practice.add_location(_names(), kind, _within(site), by=actor(), at=utcnow())


def _kind_of(kinds: type[C]) -> C:
    kind = choice_of(kinds, request.form.get("kind", ""))
    if kind is None:
        raise Invalid("places.kind_wrong", field="kind")
    return kind


def _names() -> Names:
    return _names_in(request.form)


def _names_in(typed: Mapping[str, str]) -> Names:
    return Names(name=typed.get("name", "").strip(), name_en=typed.get("name_en", "").strip())


def _home(place: Place) -> str:
    return url_for(".show", site_id=place.id if isinstance(place, Site) else place.site_id)


def _index_page(form: Form) -> str:
    choices = places_to_choose(MANAGES)
    return render_template(
        "places/index.html", tree=tree_of(choices.sites), form=form, kinds=SiteKind, choices=choices
    )


def _site_page(site: Site, form: Form) -> str:
    return render_template(
        "places/show.html",
        site=site,
        line=[
            above for above in practice.line_of(site)[1:] if reach(MANAGES).covers(site_id=above.id)
        ],
        departments=db.session.scalars(
            select(Department).where(Department.site_id == site.id).order_by(Department.name)
        ).all(),
        rooms=rooms_of(site),
        form=form,
        kinds=LocationKind,
    )


def _names_of(place: Place) -> dict[str, str]:
    return {"name": place.name, "name_en": place.name_en, VERSION: place.name}


def _stands_in(place: Place) -> dict[str, str]:
    """Return what the other form's field says: a move begins at where the place stands."""
    above = place.site_id if isinstance(place, Department) else place.parent_id
    under = "" if above is None else str(above)
    return {"parent": under, "within": under}


def _write(place: Place, both: Both) -> Saved:
    practice.rename(place, _names_in(both.typed), by=actor(), at=utcnow())
    return Saved(t("places.renamed"), _home(place))


def _labels() -> dict[str, str]:
    return {name: t(f"places.{name}") for name in ("name", "name_en", "parent", "within")}


def _edit_page(kind: str, place: Place, form: Form, theirs: Disputed = ()) -> str:
    """Return the page of both forms: what was typed in the one, and as it is in the other."""
    now = as_read(_names_of(place))
    values = {**_stands_in(place), **now.values, **form.values}
    return render_template(
        "places/edit.html",
        kind=kind,
        place=place,
        form=replace(form, values=values, read=form.read or now.read),
        theirs=theirs,
        labels=_labels(),
        choices=places_to_choose(MANAGES),
        rooms=rooms_of(place.site) if isinstance(place, Location) else [],
        back=_home(place),
    )


RENAMING: dict[str, Editing[Place]] = {
    kind: Editing(
        find=partial(_place, kind),
        shown=_names_of,
        write=_write,
        page=partial(_edit_page, kind),
        labels=lambda _: _labels(),
    )
    for kind in KINDS
}
