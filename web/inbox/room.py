"""The blueprint that all pages of this room belong to."""

from flask import Blueprint

blueprint = Blueprint("inbox", __name__)
