"""The life of an instrument: purchase panel, entry checklist, life line, officials' stages."""
