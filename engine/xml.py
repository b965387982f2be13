"""Reads XML that somebody uploaded: no DOCTYPE, no entities, no network, nothing huge."""

from lxml import etree

from engine.errors import InvalidDefinition
from engine.problems import Problem

MAX_BYTES = 2 * 1024 * 1024
MAX_ELEMENTS = 2000
MAX_DRAWN = 20_000
MAX_DEPTH = 30
#: Namespaces of the drawing; their elements do not count against MAX_ELEMENTS.
_DRAWING = (
    "http://www.omg.org/spec/BPMN/20100524/DI",
    "http://www.omg.org/spec/DD/20100524/",
    "https://www.omg.org/spec/DMN/20191111/DMNDI/",
    "http://www.omg.org/spec/DMN/20180521/DI/",
    "http://www.omg.org/spec/DMN/20180521/DC/",
)


def parse(content: str | bytes) -> etree._Element:
    """Return the root element of untrusted XML.

    Raises InvalidDefinition, with the line number where there is one, for anything that is not
    well-formed, has a DOCTYPE, or exceeds 2 MB, 2000 elements (without the drawing) or depth 30.
    """
    data = _encoded(content)
    if len(data) > MAX_BYTES:
        raise InvalidDefinition([Problem("xml_too_big", limit=MAX_BYTES // 1024 // 1024)])
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
        encoding="utf-8" if isinstance(content, str) else None,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError, LookupError) as error:
        raise InvalidDefinition([_unreadable(error)]) from error
    _refuse_doctype(root)
    _refuse_size(root)
    return root


def _encoded(content: str | bytes) -> bytes:
    if isinstance(content, bytes):
        return content
    try:
        return content.encode()
    except UnicodeEncodeError as error:
        raise InvalidDefinition([Problem("xml_unreadable", line=1, reason=str(error))]) from error


def _unreadable(error: Exception) -> Problem:
    line = getattr(error, "lineno", None) or 1
    reason = getattr(error, "msg", None) or str(error)
    if "doctype" in reason.lower() or "entity" in reason.lower():
        return Problem("xml_doctype", line=line, reason=reason)
    return Problem("xml_unreadable", line=line, reason=reason)


def _refuse_doctype(root: etree._Element) -> None:
    document = root.getroottree().docinfo
    if document.internalDTD is not None or document.externalDTD is not None:
        raise InvalidDefinition([Problem("xml_doctype", line=1, reason="DOCTYPE")])


def _refuse_size(root: etree._Element) -> None:
    counted = drawn = depth = 0
    for action, element in etree.iterwalk(root, events=("start", "end")):
        if action == "end":
            depth -= 1
            continue
        depth += 1
        drawn += 1
        counted += not str(element.tag).startswith(tuple(f"{{{space}" for space in _DRAWING))
        if depth > MAX_DEPTH:
            raise InvalidDefinition([Problem("xml_too_deep", limit=MAX_DEPTH)])
        if counted > MAX_ELEMENTS or drawn > MAX_DRAWN:
            raise InvalidDefinition([Problem("xml_too_many_elements", limit=MAX_ELEMENTS)])
