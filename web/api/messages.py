"""Messages from outside to the case that waits for them."""

from typing import Any

from engine import messages
from web import database
from web.access import current_actor
from web.api import schemas
from web.api.contract import endpoint
from web.inbox.senders import check_sender


@endpoint("POST", "/messages", body=schemas.Message, answer=schemas.Delivery)
def deliver_message(body: dict[str, Any]) -> dict[str, Any]:
    """Deliver a message to the case that waits for it.

    People may write to their own cases (the key is then the case's number); connected systems
    and operators to any.
    """
    session, actor = database.session(), current_actor()
    check_sender(session, actor, body["key"])
    reached = messages.deliver(
        session,
        body["name"],
        body["key"],
        body["payload"],
        actor=actor,
        message_id=body["message_id"],
    )
    return {"delivered": reached is not None, "case": reached.public_id if reached else None}
