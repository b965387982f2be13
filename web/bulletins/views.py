"""The pages of this room, registered on its blueprint."""

from web.bulletins import public_views, unit_views
from web.bulletins.room import blueprint

__all__ = ["blueprint", "public_views", "unit_views"]
