"""The room's pages, gathered for the application."""

from web.life import entries, lines, purchases, stages, starting
from web.life.room import blueprint

__all__ = ["blueprint", "entries", "lines", "purchases", "stages", "starting"]
