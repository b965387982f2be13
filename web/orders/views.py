"""The room's pages, gathered for the application."""

from web.orders import callback
from web.orders.room import blueprint

__all__ = ["blueprint", "callback"]
