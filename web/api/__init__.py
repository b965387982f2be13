"""The REST interface under /api/v1: JSON in, JSON out, with the caller's own rights."""
