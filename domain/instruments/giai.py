"""Asset codes: the Global Individual Asset Identifier of GS1 (application identifier 8004).

A GIAI has no check digit, so the rules here are all there is: the characters of GS1's set 82, at
most 30 of them, and a company prefix that is registered for the unit. The platform writes capital
letters only, because capital and small letters would be different codes.
"""

import re

from domain.errors import InvalidValue

_SET_82 = re.compile(r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{8,30}""")
_PREFIX = re.compile(r"[0-9]{7,10}")


def check(code: str, prefix: str) -> None:
    """Raise InvalidValue (reason: characters, case, prefix, reference) for a wrong code."""
    if not _SET_82.fullmatch(code):
        raise InvalidValue("8 to 30 characters of GS1 set 82", field="giai", reason="characters")
    if code != code.upper():
        raise InvalidValue("capital letters only", field="giai", reason="case")
    if not _PREFIX.fullmatch(prefix) or not code.startswith(prefix):
        raise InvalidValue("not the unit's company prefix", field="giai", reason="prefix")
    if len(code) == len(prefix):
        raise InvalidValue("no asset reference", field="giai", reason="reference")


def make(prefix: str, unit_code: str, year: int, serial: int) -> str:
    """Return the code of a unit's asset: prefix, ZJ, unit's four digits, year, six digits."""
    code = f"{prefix}ZJ{unit_code}{year:04d}{serial:06d}"
    check(code, prefix)
    return code
