"""Files handed in with a case or received from it."""

from domain.documents.files import MAX_BYTES, attach, of_case, read, store
from domain.documents.kinds import MEDIA_TYPES
from domain.documents.models import Document

__all__ = ["MAX_BYTES", "MEDIA_TYPES", "Document", "attach", "of_case", "read", "store"]
