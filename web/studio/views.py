"""The pages of this room, registered on its blueprint."""

from web.studio import process_views, proposal_views
from web.studio.room import blueprint

__all__ = ["blueprint", "process_views", "proposal_views"]
