"""Writes a bulletin as a Word file with the red head of GB/T 9704-2012, byte by byte the same."""

import io
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime

import docx
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from domain.bulletins.wording import Paper, TableText

_RED = RGBColor(0xC0, 0, 0)
#: Sizes by their Chinese numbers: 2号, 3号, 5号.
_SECOND, _THIRD, _FIFTH = 22, 16, 10.5
#: The mark fills one line of 156 mm, never more.
_LARGEST_MARK, _LINE = 36, 436
_PITCH = Pt(29)
_BODY, _BLACK, _HEADLINE = "仿宋_GB2312", "黑体", "方正小标宋简体"


@dataclass(frozen=True)
class Look:
    """How a paragraph looks; ``pitch``: on the page's grid of 22 lines."""

    size: float = _THIRD
    font: str = _BODY
    align: WD_ALIGN_PARAGRAPH | None = None
    indent: bool = True
    pitch: bool = True


_TEXT = Look()
_FLUSH = Look(indent=False)
_CENTRED = Look(align=WD_ALIGN_PARAGRAPH.CENTER, indent=False)
_RIGHT = Look(align=WD_ALIGN_PARAGRAPH.RIGHT, indent=False)
_HEADING = Look(font=_BLACK)
_CAPTION = Look(_FIFTH, _BLACK, WD_ALIGN_PARAGRAPH.CENTER, indent=False)
_TITLE = Look(_SECOND, _HEADLINE, WD_ALIGN_PARAGRAPH.CENTER, indent=False, pitch=False)
#: Every member of the archive carries this time; the real one is in the properties.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def write(paper: Paper, *, at: datetime) -> bytes:
    """Return the file; ``at`` (with zone) stands in its properties, no other time does."""
    document = docx.Document()
    _set_up(document, paper, at)
    _head(document, paper)
    for section in paper.sections:
        _paragraph(document, section.heading, _HEADING)
        for paragraph in section.paragraphs:
            _paragraph(document, paragraph)
        for table in section.tables:
            _table(document, table)
    _paragraph(document, "", _FLUSH)
    _paragraph(document, paper.signature, _RIGHT)
    _paragraph(document, paper.day, _RIGHT)
    if paper.annex:
        document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        _paragraph(document, "附件", Look(font=_BLACK, indent=False))
        for table in paper.annex:
            _table(document, table)
    kept = io.BytesIO()
    document.save(kept)
    return _settled(kept.getvalue())


def _set_up(document: Document, paper: Paper, at: datetime) -> None:
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.top_margin, page.bottom_margin = Mm(37), Mm(35)
    page.left_margin, page.right_margin = Mm(28), Mm(26)
    _page_number(page.footer.paragraphs[0])
    said = document.core_properties
    moment = at.astimezone(UTC).replace(tzinfo=None)
    said.created = said.modified = said.last_printed = moment
    said.title, said.author, said.last_modified_by = paper.title, paper.signature, ""
    said.comments, said.revision = "", 1


def _page_number(paragraph: Paragraph) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for kind, text in ((None, "— "), ("begin", ""), ("code", "PAGE"), ("end", ""), (None, " —")):
        run = paragraph.add_run(text if kind is None else "")
        run.font.size = Pt(14)
        if kind == "code":
            code = OxmlElement("w:instrText")
            code.text = text
            run._r.append(code)  # noqa: SLF001 - docx has no other way to a field
        elif kind is not None:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)  # noqa: SLF001


def _head(document: Document, paper: Paper) -> None:
    size = min(_LARGEST_MARK, _LINE // len(paper.mark))
    look = Look(size, _HEADLINE, WD_ALIGN_PARAGRAPH.CENTER, indent=False, pitch=False)
    mark = _paragraph(document, paper.mark, look)
    mark.runs[0].font.color.rgb = _RED
    _red_rule(_paragraph(document, paper.number, _CENTRED))
    _paragraph(document, "", _FLUSH)
    _paragraph(document, paper.title, _TITLE)
    _paragraph(document, "", _FLUSH)
    _paragraph(document, paper.addressee, _FLUSH)


def _red_rule(paragraph: Paragraph) -> None:
    borders = OxmlElement("w:pBdr")
    bottom = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "12"), ("space", "4"), ("color", "C00000")):
        bottom.set(qn(f"w:{name}"), value)
    borders.append(bottom)
    paragraph._p.get_or_add_pPr().append(borders)  # noqa: SLF001


def _paragraph(document: Document, text: str, look: Look = _TEXT) -> Paragraph:
    paragraph = document.add_paragraph()
    shape = paragraph.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    if look.pitch:
        shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, _PITCH
    if look.indent:
        shape.first_line_indent = Pt(2 * look.size)
    if look.align is not None:
        paragraph.alignment = look.align
    _run(paragraph, text, look.size, look.font)
    return paragraph


def _run(paragraph: Paragraph, text: str, size: float, font: str) -> None:
    run = paragraph.add_run(text)
    run.font.size, run.font.name = Pt(size), "Times New Roman"
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)  # noqa: SLF001


def _table(document: Document, text: TableText) -> None:
    _paragraph(document, text.heading, _CAPTION)
    table = document.add_table(rows=1, cols=len(text.columns))
    table.style = "Table Grid"
    repeat = OxmlElement("w:tblHeader")
    repeat.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(repeat)  # noqa: SLF001
    for cell, title in zip(table.rows[0].cells, text.columns, strict=True):
        _run(cell.paragraphs[0], title, _FIFTH, _BLACK)
    for row in text.rows:
        for number, (cell, value) in enumerate(zip(table.add_row().cells, row, strict=True)):
            _run(cell.paragraphs[0], value, _FIFTH, _BODY)
            if number:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _settled(content: bytes) -> bytes:
    """Write the archive again with its members in order and one time for all."""
    kept = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in sorted(before.namelist(), key=lambda one: (one != "[Content_Types].xml", one)):
            member = zipfile.ZipInfo(name, _ZIP_TIME)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o600 << 16
            after.writestr(member, before.read(name))
    return kept.getvalue()
