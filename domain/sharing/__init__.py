"""Sharing (开放共享): opening plans with prices, checked, approved, published, reviewed yearly."""

from domain.sharing import plans, publishing
from domain.sharing.models import SharingPlan
from domain.sharing.plans import Wish

__all__ = ["SharingPlan", "Wish", "plans", "publishing"]
