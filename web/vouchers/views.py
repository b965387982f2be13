"""The room's pages, gathered for the application."""

from web.vouchers import claims, deciding, pools, wallet
from web.vouchers.room import blueprint

__all__ = ["blueprint", "claims", "deciding", "pools", "wallet"]
