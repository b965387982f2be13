"""Everything this room can refuse, each with a stable code that pages translate."""

from engine.errors import EngineError


class TelemetryError(EngineError):
    """Root of this room's refusals: ``code`` is stable, ``params`` are JSON values."""

    code = "telemetry_error"


class BindingTaken(TelemetryError):
    """The sensor or the instrument's supply is bound already at that time; params: sensor."""

    code = "binding_taken"


class NoModel(TelemetryError):
    """The instrument has no active model yet, so nothing can be told; params: instrument."""

    code = "no_state_model"


class ModelNotReady(TelemetryError):
    """A model cannot take the next step of its life; params: reason, wanted, found."""

    code = "state_model_not_ready"


class PeriodClosed(TelemetryError):
    """The time overlaps one that is closed already; params: start, end (ISO 8601)."""

    code = "state_period_closed"
