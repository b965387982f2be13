"""How an instrument is made findable: one normalised text of all that it is called.

Chinese is written without spaces and PostgreSQL's own text search does not cut it into words, so
terms are looked for anywhere in the text. That reads every row: 1 µs each, which is 15 ms for all
instruments of the province; an index of character pairs was slower at that size.
"""

import re
import unicodedata

from sqlalchemy.orm import Session

from domain.instruments.models import Instrument
from domain.instruments.names import class_name, synonyms
from domain.organisations.models import Unit
from engine.db import as_system

#: Separates fields, each with a space before and after it, so that no term matches across two of
#: them and a term between spaces is a whole word.
FIELD_MARK = "\n"
_SPACES = re.compile(r"[\s·•,，、;；/()（）【】\[\]“”\"']+")


def normalised(text: str) -> str:
    """Return text as it is compared: full-width forms folded, no case, single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _SPACES.sub(" ", folded).strip()


def _joined(text: str) -> str:
    return text.replace(" ", "").replace("-", "")


def pairs(text: str) -> list[str]:
    """Return the distinct pairs of neighbouring characters of each word, sorted."""
    return sorted({word[i : i + 2] for word in text.split() for i in range(len(word) - 1)})


def index(session: Session, instrument: Instrument) -> None:
    """Write the search text; to be called after every change of an instrument."""
    with as_system(session):
        unit = instrument.unit or session.get_one(Unit, instrument.unit_id)
        write(instrument, unit)


def write(instrument: Instrument, unit: Unit) -> None:
    """Fill the search text from the instrument and its unit, without a query."""
    first = f"{normalised(instrument.name_zh)} {normalised(instrument.name_en)}"
    second = normalised(f"{instrument.maker} {instrument.model}")
    spoken = f"{first} {second} {normalised(instrument.services)}"
    also = [words for said, words in synonyms() if said in spoken]
    third = normalised(
        " ".join((*also, *class_name(instrument.class_code), instrument.inner_id))
        + f" {_joined(second)} {unit.name_zh} {unit.name_en} {unit.short_names}"
    )
    fourth = normalised(
        f"{instrument.functions} {instrument.services} {instrument.specs} {instrument.address}"
    )
    fields = (f" {field} " for field in (first, second, third, fourth))
    instrument.search_text = FIELD_MARK.join(("", *fields, ""))
