"""What people are told when something is refused or goes wrong, and where it is written down."""

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import (
    Flask,
    Response,
    current_app,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from domain.organisations import people
from engine.db import as_system
from engine.errors import EngineError
from web.access import SignInNeeded
from web.error_texts import FORM, HTTP, TEXTS, UNKNOWN, reason_text, status_of
from web.formats import language, when


def init_errors(app: Flask) -> None:
    """Register the one way in which each kind of error is answered."""
    app.before_request(_give_reference)
    app.register_error_handler(SignInNeeded, _ask_to_sign_in)
    app.register_error_handler(EngineError, _refuse)
    app.register_error_handler(CSRFError, _refuse_forged)
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_error_handler(Exception, _fail)


def _give_reference() -> None:
    g.reference = secrets.token_hex(4).upper()


def reference() -> str:
    """Return the number under which this request is found in the log."""
    if "reference" not in g:
        _give_reference()
    number: str = g.reference
    return number


def wants_json() -> bool:
    """Tell whether the asker is a program: the API, or a page's script."""
    if request.path.startswith("/api/") or request.is_json:
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def problem_text(problem: Mapping[str, Any]) -> str:
    """Return the sentence for one problem of a form field ({"code": …, parameters})."""
    if problem.get("message"):
        return str(problem["message"])
    words = {name: value for name, value in problem.items() if name != "code"}
    return _filled(FORM.get(str(problem.get("code")), UNKNOWN), words)


def sentence(error: EngineError) -> str:
    """Return the sentence for a refusal in the language of the request."""
    params = dict(error.params)
    if error.code == "already_completed":
        return _who_was_first(params)
    if "reason" in params:
        params["reason"] = gettext(reason_text(str(params["reason"])))
    for name in ("at", "start", "end"):
        if isinstance(params.get(name), str):
            params[name] = when(params[name])
    return _filled(TEXTS.get(error.code, UNKNOWN), params)


def _filled(text: str, params: Mapping[str, Any]) -> str:
    # Translate first, fill in afterwards: a value may hold a per cent sign.
    try:
        translated = str(gettext(text))
        return translated % dict(params) if "%(" in text else translated
    except (KeyError, TypeError, ValueError):
        return str(gettext(UNKNOWN))


def _who_was_first(params: Mapping[str, Any]) -> str:
    with as_system(g.session):
        names = people.names(g.session, [UUID(str(params["who"]))])
    who = next(iter(names.values()), None) or gettext("Somebody else")
    at = when(params["at"])
    return str(gettext("%(who)s completed this task at %(at)s.", who=who, at=at))


def _refuse(error: EngineError) -> Response:
    _undo()
    status = status_of(error)
    text = sentence(error)
    problems = error.params.get("problems") or getattr(error, "problems", None)
    return _answer(error.code, text, status, error=error, problems=problems)


def _ask_to_sign_in(error: SignInNeeded) -> Response:
    if wants_json():
        return _answer(error.code, gettext(TEXTS[error.code]), 401, error=error)
    back = request.full_path.rstrip("?") if request.method == "GET" else request.referrer or "/"
    target = url_for("signin.page", next=_path_of(back))
    if request.headers.get("HX-Request"):
        return Response(headers={"HX-Redirect": target})
    return make_response(redirect(target))


def _path_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _refuse_forged(error: CSRFError) -> Response:
    text = TEXTS["csrf_failed"]
    return _answer("csrf_failed", gettext(text), 400, error=error)


def _refuse_http(error: HTTPException) -> Response:
    if error.response is not None or (error.code or 500) < 400:  # noqa: PLR2004 - a redirect
        return make_response(error.get_response())
    code, text = HTTP.get(error.code or 500, ("http_error", UNKNOWN))
    _undo()
    return _answer(code, gettext(text), error.code or 500, error=error)


def _fail(error: Exception) -> Response:
    _undo()
    busy = isinstance(error, SQLAlchemyError)
    code, text = HTTP[503] if busy else HTTP[500]
    return _answer(code, gettext(text), 503 if busy else 500, error=error)


def _undo() -> None:
    if "session" in g:
        g.session.rollback()


def _answer(
    code: str,
    text: str,
    status: int,
    *,
    error: Exception,
    problems: Any = None,  # noqa: ANN401
) -> Response:
    number = reference()
    _write_down(number, code, status, error)
    facts = {"code": code, "message": text, "problems": as_json(problems), "reference": number}
    if wants_json():
        response = jsonify(facts)
    elif request.headers.get("HX-Request"):
        response = make_response(render_template("errors/fragment.html", **facts))
        response.headers["HX-Retarget"] = "#messages"
        response.headers["HX-Reswap"] = "innerHTML"
    else:
        response = make_response(render_template("errors/page.html", status=status, **facts))
    response.status_code = status
    response.headers["X-Reference"] = number
    return response


def as_json(problems: Any) -> Any:  # noqa: ANN401 - two shapes
    """Return problems with their sentences: of form fields by path, of a definition in a list."""
    if isinstance(problems, Mapping):
        return {
            path: [{**each, "message": problem_text(each)} for each in found]
            for path, found in problems.items()
        }
    if isinstance(problems, list):
        return [
            {
                "code": each.code,
                "element_id": each.element_id,
                "element_name": each.element_name,
                "file": each.file,
                "severity": each.severity,
                "message": each.sentence(language()),
            }
            for each in problems
        ]
    return None


def _write_down(number: str, code: str, status: int, error: Exception) -> None:
    facts = (number, code, request.method, request.path, status)
    if status >= 500:  # noqa: PLR2004 - ours to repair
        current_app.logger.error("%s %s %s %s → %s", *facts, exc_info=error)
    else:
        current_app.logger.info("%s %s %s %s → %s: %s", *facts, error)
