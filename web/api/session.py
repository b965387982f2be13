"""Signing in and out, and who is signed in."""

from typing import Any

from flask_wtf.csrf import generate_csrf

from engine.actors import Actor
from web.access import current_actor
from web.api import schemas
from web.api.contract import endpoint
from web.signin import accounts


@endpoint("POST", "/sign-in", body=schemas.SignIn, answer=schemas.Token, is_public=True)
def sign_in(body: dict[str, Any]) -> dict[str, str]:
    """Sign in with account and password; the answer sets the session cookie.

    Only a JSON body is accepted, which no form of another site can send.
    """
    accounts.sign_in(body["login"], body["password"])
    return {"csrf_token": generate_csrf()}


@endpoint("GET", "/me", answer=schemas.Me)
def read_me() -> dict[str, Any]:
    """Tell who is signed in, with the roles that count now."""
    actor: Actor = current_actor()
    return {"id": actor.id, "name": actor.name, "roles": actor.grants}
