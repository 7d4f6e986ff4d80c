"""The password asked again, before a person changes how their account is opened."""

from datetime import datetime

from flask import request
from flask_login import current_user

from itops.auth.actors import actor
from itops.auth.known_browser import known_browser
from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import User
from itops.services.users.passwords import matches
from itops.services.users.signing_in import count_wrong, is_locked


def person_by_password(*, at: datetime, field: str = "present") -> User:
    """Return the person of this request, whose present password the form brought.

    Raise Invalid for a wrong one, which counts as at the sign-in, and Refused for a locked account.
    None at all is no guess: who pressed the button too early is not locked out for it.
    """
    given = request.form.get(field, "")
    if not given:
        raise Invalid("written.required", field=field)
    known, user_id = current_user.password_hash, current_user.id
    browser = known_browser().name_for(user_id, known)
    if is_locked(current_user, at=at, browser=browser):
        raise Refused("account.locked")
    db.session.rollback()  # what follows is slow: let others write meanwhile
    is_right = matches(known, given)
    user = db.session.get_one(User, user_id, with_for_update=True, populate_existing=True)
    # Looked at again under lock: of many guesses at once, no more than five count.
    if is_locked(user, at=at, browser=browser):
        raise Refused("account.locked")
    if not is_right:
        count_wrong(user, actor(), at=at, browser=browser)
        db.session.commit()
        raise Invalid("account.present_wrong", field=field)
    return user
