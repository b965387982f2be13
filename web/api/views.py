"""All endpoints of the interface, by importing the modules that declare them."""

from web.api import cases, demo, documentation, instruments, messages, orders, session, tasks
from web.api.contract import blueprint

__all__ = [
    "blueprint",
    "cases",
    "demo",
    "documentation",
    "instruments",
    "messages",
    "orders",
    "session",
    "tasks",
]
