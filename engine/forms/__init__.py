"""Task forms in form-js's schema, judged on the server by the rules that the browser has."""

from engine.forms.checks import check_schema
from engine.forms.description import Field, fields, initial
from engine.forms.submission import validate

__all__ = ["Field", "check_schema", "fields", "initial", "validate"]
