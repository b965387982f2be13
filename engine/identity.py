"""Identifiers that leave the platform."""

from uuid import UUID

import uuid_utils


def uuid7() -> UUID:
    """Return a new UUIDv7 (RFC 9562): ordered by time, safe to show outside."""
    return UUID(bytes=uuid_utils.uuid7().bytes)
