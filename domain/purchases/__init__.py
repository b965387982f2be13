"""Purchases under review: applications, drawn reviewers, opinions, conclusions, statistics."""

from domain.purchases import applications, conclusions, opinions, reviewers, statistics
from domain.purchases.applications import Application
from domain.purchases.models import (
    Purchase,
    PurchaseConclusion,
    PurchaseObjection,
    PurchaseReviewer,
    PurchaseRevision,
    ReviewOpinion,
)

__all__ = [
    "Application",
    "Purchase",
    "PurchaseConclusion",
    "PurchaseObjection",
    "PurchaseReviewer",
    "PurchaseRevision",
    "ReviewOpinion",
    "applications",
    "conclusions",
    "opinions",
    "reviewers",
    "statistics",
]
