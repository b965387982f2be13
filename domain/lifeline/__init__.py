"""The life line of an instrument: its milestones and cases, read from what other rooms keep."""

from domain.lifeline.lines import Line, Milestone, of_instrument
from domain.lifeline.stages import Stage, Waiting, stages

__all__ = ["Line", "Milestone", "Stage", "Waiting", "of_instrument", "stages"]
