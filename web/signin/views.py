"""The sign-in page."""

from flask import (
    Blueprint,
    Response,
    make_response,
    redirect,
    render_template,
    request,
)
from werkzeug.wrappers import Response as AnyResponse

from engine.errors import EngineError
from web import errors
from web.access import is_signed_in
from web.error_texts import status_of
from web.signin import demo
from web.signin.accounts import TooManyAttempts, WrongCredentials, sign_in, sign_out
from web.words import safe_path

blueprint = Blueprint("signin", __name__)


@blueprint.get("/sign-in")
def page() -> AnyResponse | str:
    """Show the form; somebody who is signed in goes on to where they wanted."""
    target = safe_path(request.args.get("next"))
    if is_signed_in():
        return redirect(target)
    return _form(target)


@blueprint.post("/sign-in")
def enter() -> AnyResponse:
    """Check account and password; go on, or show the form again with the reason."""
    target = safe_path(request.form.get("next"))
    login = request.form.get("login", "")
    try:
        sign_in(login, request.form.get("password", ""))
    except (WrongCredentials, TooManyAttempts) as refused:
        return _again(target, login, refused)
    return redirect(target, 303)


@blueprint.post("/sign-out")
def leave() -> AnyResponse:
    """End the session and return to the home page."""
    sign_out()
    return redirect("/", 303)


def _again(target: str, login: str, refused: EngineError) -> Response:
    response = make_response(_form(target, login=login, problem=errors.sentence(refused)))
    response.status_code = status_of(refused)
    return response


def _form(target: str, *, login: str = "", problem: str = "") -> str:
    offers = demo.offers()
    return render_template(
        "security/sign_in.html",
        target=target,
        login=login,
        problem=problem,
        offers=offers,
        demo_password=demo.password() if offers else "",
    )
