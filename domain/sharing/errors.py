"""What the publication of a sharing plan can refuse."""

from domain.errors import DomainError


class SharingError(DomainError):
    """Root of what sharing refuses."""

    code = "sharing_error"


class SharingNotEntitled(SharingError):
    """Only the instrument's managers and its unit's offices plan its sharing; params: reason.

    Reasons: no_instrument, not_yours, not_online.
    """

    code = "sharing_not_entitled"


class PlanClosed(SharingError):
    """A plan in this status takes no more of this; params: status."""

    code = "plan_closed"
