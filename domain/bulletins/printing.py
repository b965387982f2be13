"""Prints a bulletin: PDF by Typst, Word by python-docx, the same bytes for the same version."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, time
from pathlib import Path

from domain.booking.opening import SHANGHAI
from domain.bulletins import word
from domain.bulletins.models import Bulletin, BulletinItem
from domain.bulletins.wording import paper
from domain.documents import typeset

_TEMPLATE = Path(__file__).parent / "bulletin.typ"


def pdf(bulletin: Bulletin, annex: Iterable[BulletinItem] = ()) -> bytes:
    """Return the bulletin as PDF; the annex lists the instruments given."""
    return typeset.pdf(_TEMPLATE, asdict(paper(bulletin, annex)), at=issued_at(bulletin))


def docx(bulletin: Bulletin, annex: Iterable[BulletinItem] = ()) -> bytes:
    """Return the bulletin as a Word file; the annex lists the instruments given."""
    return word.write(paper(bulletin, annex), at=issued_at(bulletin))


def issued_at(bulletin: Bulletin) -> datetime:
    """Return the moment that the files carry: the day of publishing, else of computing."""
    if bulletin.published_on is None:
        return bulletin.computed_at.replace(microsecond=0)
    return datetime.combine(bulletin.published_on, time(), SHANGHAI)
