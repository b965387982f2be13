"""All pages of this room, by importing the modules that hold them."""

from web.inbox import files, lists, mine, tasks
from web.inbox.room import blueprint

__all__ = ["blueprint", "files", "lists", "mine", "tasks"]
