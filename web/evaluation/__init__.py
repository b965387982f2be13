"""Evaluations: published results for everybody, a unit's own points, the officials' overview."""
