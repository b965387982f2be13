"""Sentences about forms."""

FORMS: dict[str, tuple[str, str]] = {}
