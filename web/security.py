"""What every answer carries and every request must bring: headers, CSRF, cookies, origin."""

from flask import Flask, Response, abort, request
from flask.sessions import SecureCookieSessionInterface
from flask_wtf import CSRFProtect

csrf = CSRFProtect()

#: No inline script and nothing from outside. Inline styles are needed by the diagram, form and
#: calendar viewers, which place what they draw by ``style`` attributes.
_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "object-src": "'none'",
}
POLICY = "; ".join(f"{kind} {sources}" for kind, sources in _SOURCES.items())
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_A_YEAR = 365 * 24 * 3600
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
#: Uploads: the largest file that documents keep, and room for the form around it.
LARGEST_REQUEST = 25 * 1024 * 1024


class CookieSessions(SecureCookieSessionInterface):
    """Signed session cookies, marked secure wherever the page itself came over TLS."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - Flask's signature
        return request.is_secure


def init_security(app: Flask, *, secret_key: str, cookie: str) -> None:
    """Set the cookie rules, CSRF protection and response headers of an application."""
    app.config.update(
        SECRET_KEY=secret_key,
        SESSION_COOKIE_NAME=cookie,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_HEADERS=["X-CSRF-Token"],
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
    )
    app.session_interface = CookieSessions()
    app.before_request(_refuse_other_sites)
    csrf.init_app(app)
    app.after_request(_add_headers)


def _refuse_other_sites() -> None:
    """Refuse a change that another site's page asked for (browsers say so since 2020)."""
    if request.method in _CHANGING and request.headers.get("Sec-Fetch-Site") == "cross-site":
        abort(403)


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={_A_YEAR}; includeSubDomains"
    if request.endpoint == "static":
        if request.path.startswith("/static/dist/assets/"):  # the name holds a hash
            response.headers["Cache-Control"] = f"public, max-age={_A_YEAR}, immutable"
    else:
        # Pages show what one person may see: they must not outlive the sign-out in a cache.
        response.headers.setdefault("Cache-Control", "no-store")
    return response
