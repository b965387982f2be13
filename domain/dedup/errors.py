"""What the comparison of instruments refuses."""

from typing import ClassVar

from domain.errors import DomainError


class BadTable(DomainError):
    """A file cannot be read as it stands; params: file, row, column, reason."""

    code: ClassVar[str] = "bad_table"

    def __init__(self, file: str, row: int, column: str, reason: str) -> None:
        super().__init__(
            f"{file}, row {row}, column {column}: {reason}",
            file=file,
            row=row,
            column=column,
            reason=reason,
        )


class NotReproduced(DomainError):
    """A search gives another answer than it recorded; params: run, rank."""

    code = "dedup_not_reproduced"


class AnotherVersion(DomainError):
    """A search was made by a version that is not installed; params: recorded, installed."""

    code = "dedup_another_version"


class ReasonNeeded(DomainError):
    """A decision that departs from the advice needs a reason."""

    code = "dedup_reason_needed"


class AlreadyDecided(DomainError):
    """The search has its decision; params: run."""

    code = "dedup_already_decided"
