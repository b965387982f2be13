"""The room's pages, gathered for the application."""

from web.orders import books, callback, pages
from web.orders.room import blueprint

__all__ = ["blueprint", "books", "callback", "pages"]
