"""Every table of the house in one place, so that migrations and tests see one metadata."""

import domain.booking.models
import domain.dedup.models
import domain.documents.models
import domain.instruments.imports
import domain.instruments.models
import domain.organisations.models
import domain.working_days
import engine.clock
import engine.heartbeats
import engine.models
import web.signin.models
import web.studio.models

__all__ = ["domain", "engine", "web"]
