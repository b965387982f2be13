"""Every table of the house in one place, so that migrations and tests see one metadata."""

import engine.clock
import engine.models

__all__ = ["engine"]
