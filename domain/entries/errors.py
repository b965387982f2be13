"""What the entry into the network can refuse."""

from domain.errors import DomainError


class EntryError(DomainError):
    """Root of what the entry refuses."""

    code = "entry_error"


class EntryNotEntitled(EntryError):
    """Only people of the instrument's unit enter it; params: reason.

    Reasons: no_role, no_purchase, not_approved, expired, other_unit, used_up.
    """

    code = "entry_not_entitled"


class EntryClosed(EntryError):
    """An entry in this status takes no more of this; params: status."""

    code = "entry_closed"


class EntryIncomplete(EntryError):
    """Required fields, the asset code, or sensor and waiver are missing; params: missing."""

    code = "entry_incomplete"


class NoCompanyPrefix(EntryError):
    """The unit has no GS1 company prefix, so no asset code can be issued; params: unit."""

    code = "no_company_prefix"


class NationalUnavailable(EntryError):
    """The national platform cannot be reached, or does not know the answer now."""

    code = "national_unavailable"
