"""The four states of an instrument, and the numbers of the rules that tell them apart.

``offline`` means that nothing is known: it is told by the gap rule alone, is a state of its own,
and is never counted as off.
"""

from dataclasses import dataclass, replace
from typing import Any

OFF, STANDBY, RUNNING, OFFLINE = "off", "standby", "running", "offline"
#: What a model can tell, in the order of its codes 0, 1, 2.
TOLD = (OFF, STANDBY, RUNNING)
#: All states; the gap rule adds code 3.
STATES = (*TOLD, OFFLINE)
UNKNOWN = STATES.index(OFFLINE)
#: state → its official name and its English one.
NAMES = {
    RUNNING: ("开机", "Running"),
    STANDBY: ("待机", "Standby"),
    OFF: ("关机", "Off"),
    OFFLINE: ("离线", "Offline"),
}
CODES = {state: code for code, state in enumerate(STATES)}


@dataclass(frozen=True)
class Rules:
    """The figures of decision table D4 (processes/monitoring/state_rules.dmn).

    The defaults are the table's own; a process that evaluates the table passes what it says.
    Amperes are RMS, minutes are whole windows, ``run_hysteresis`` is a share of the threshold.
    """

    offline_intervals: float = 3.0
    offline_least_minutes: float = 15.0
    off_amps: float = 0.05
    off_hold_minutes: int = 3
    run_hysteresis: float = 0.10
    run_hold_minutes: int = 2
    learning_days: int = 14
    learning_cycles: int = 3
    shadow_days: int = 7
    least_confidence: float = 0.8
    skew_minutes: float = 5.0
    long_offline_hours: float = 24.0
    long_standby_hours: float = 72.0

    def offline_after(self, interval_seconds: float) -> float:
        """Return the seconds without a reading after which an instrument is offline."""
        return max(self.offline_intervals * interval_seconds, self.offline_least_minutes * 60)

    def with_values(self, **values: Any) -> "Rules":  # noqa: ANN401 - figures
        """Return these rules with some figures replaced."""
        return replace(self, **values)


RULES = Rules()
