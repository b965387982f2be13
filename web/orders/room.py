"""The room's one blueprint, which its files of views fill."""

from flask import Blueprint

blueprint = Blueprint("orders", __name__)
