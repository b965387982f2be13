"""Typesets a document as PDF from a Typst template and plain values.

The same template, values and date always give the same bytes. Templates (``*.typ``) lie beside
the module that fills them and read their values with
``#let values = json(bytes(sys.inputs.values))``, so that no value is ever part of their text.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst

FONTS = Path(__file__).parent / "fonts"


def pdf(template: Path, values: Mapping[str, Any], *, at: datetime) -> bytes:
    """Return the PDF of a template filled with JSON ``values``.

    ``at`` is the document's own date (with zone): it becomes the file's creation date, so that
    a document issued again is the same file. Raises RuntimeError for a broken template.
    """
    content: bytes = typst.compile(
        template,
        root=template.parent,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        format="pdf",
        timestamp=int(at.astimezone(UTC).timestamp()),
        sys_inputs={"values": json.dumps(values, ensure_ascii=False, sort_keys=True)},
    )
    return content
