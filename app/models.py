"""Every table of the house in one place, so that migrations and tests see one metadata."""

import domain.booking.models
import domain.bulletins.models
import domain.dedup.models
import domain.documents.models
import domain.entries.models
import domain.evaluation.models
import domain.instruments.imports
import domain.instruments.models
import domain.measures.models
import domain.organisations.models
import domain.payments.models
import domain.payments.records
import domain.purchases.models
import domain.sharing.models
import domain.vouchers.models
import domain.working_days
import engine.clock
import engine.heartbeats
import engine.models
import telemetry.models
import web.signin.models
import web.studio.models

__all__ = ["domain", "engine", "telemetry", "web"]
