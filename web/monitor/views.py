"""The pages of this room, registered on its blueprint."""

from web.monitor import case_views, incident_views, search_views
from web.monitor.room import blueprint

__all__ = ["blueprint", "case_views", "incident_views", "search_views"]
