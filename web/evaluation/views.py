"""The pages of this room, registered on its blueprint."""

from web.evaluation import overview_views, round_views, unit_views
from web.evaluation.room import blueprint

__all__ = ["blueprint", "overview_views", "round_views", "unit_views"]
