"""The payment provider's door: no session, no form token, only the provider's signature."""

import time

from flask import Response, g, jsonify, request

from domain.payments import notices, provider
from domain.payments.errors import ProviderUnavailable
from domain.payments.notices import Incoming
from engine.actors import SYSTEM
from engine.db import set_scope
from web.orders.room import blueprint
from web.security import csrf
from web.transactions import transaction


@blueprint.post("/api/v1/payments/notices")
def notice() -> tuple[Response, int]:
    """Take in one notice: kept, applied and told to its case in one transaction."""
    seal = provider.seal()
    if seal is None:
        raise ProviderUnavailable("no payment provider is set up", reason="not_set_up")
    if (request.content_length or 0) > notices.LARGEST:
        return jsonify(code="too_large"), 413
    incoming = Incoming(request.path, dict(request.headers), request.get_data())
    set_scope(g.session, SYSTEM)
    with transaction() as session:
        kept = notices.receive(session, incoming, seal=seal, at=time.time())
        answer = {"code": kept.outcome}
    return jsonify(answer), notices.STATUS[kept.outcome]


# Machines carry no form token; the signature speaks for them.
csrf.exempt(notice)
