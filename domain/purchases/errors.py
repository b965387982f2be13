"""What the purchase review can refuse."""

from domain.errors import DomainError


class PurchaseError(DomainError):
    """Root of what the purchase review refuses."""

    code = "purchase_error"


class NotEntitled(PurchaseError):
    """Only people with a role in a unit apply in its name."""

    code = "not_entitled"


class PurchaseClosed(PurchaseError):
    """A purchase in this status takes no more of this; params: status."""

    code = "purchase_closed"


class OpinionGiven(PurchaseError):
    """The reviewer has given an opinion on the revision already."""

    code = "opinion_given"


class NotAsked(PurchaseError):
    """The person was not asked for an opinion, or has been replaced."""

    code = "not_asked"


class TooFewExperts(PurchaseError):
    """Not enough experts without conflict can be drawn; params: wanted, found."""

    code = "too_few_experts"


class ReasonMissing(PurchaseError):
    """A decision against the advice needs a written reason; params: advice, decision."""

    code = "reason_missing"


class AlreadyObjected(PurchaseError):
    """The applicant may object to the conclusion once only."""

    code = "already_objected"
