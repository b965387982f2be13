"""The interface's own description."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from web.api import openapi
from web.api.contract import endpoint


@endpoint("GET", "/openapi.json", is_public=True)
def describe_interface() -> dict[str, Any]:
    """Describe this interface (OpenAPI 3.1)."""
    return openapi.document(platform_version())


def platform_version() -> str:
    """Return the installed version, or ``0`` when run from a tree that was not installed."""
    try:
        return version("dayi")
    except PackageNotFoundError:
        return "0"
