"""Who acts: the person of this request, as the audit log and timelines name them."""

from flask import g, request
from flask_login import current_user

from itops.services.auditing import Actor

#: As long as the log's column; a person's name and a token's may be longer together.
LONGEST_NAME = 120


def actor() -> Actor:
    """Return the person of this request, and the token; without a person, nobody.

    Where only what a colleague handed over lets them act, the colleague too.
    """
    if current_user.is_authenticated:
        token: str = g.get("token_name", "")
        name = f"{current_user.name} ({token})" if token else current_user.name
        givers = [grant.giver for grant in g.get("acts_by", ()) if grant.giver]
        acts_for = tuple(dict.fromkeys(giver.name for giver in givers))
        return Actor(current_user.id, name[:LONGEST_NAME], request.remote_addr or "", acts_for)
    return Actor(None, "", request.remote_addr or "")
