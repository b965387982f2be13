"""What kind of file it is: told by its content and its name together, never by one alone."""

import io
import re
import unicodedata
import zipfile
from pathlib import PurePosixPath

from domain.errors import DocumentRefused

_OFFICE = "application/vnd.openxmlformats-officedocument."
#: extension → media type under which the file is kept and served.
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "csv": "text/csv",
    "txt": "text/plain",
    "ics": "text/calendar",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "xlsx": _OFFICE + "spreadsheetml.sheet",
    "docx": _OFFICE + "wordprocessingml.document",
    "zip": "application/zip",
}
_MAGIC = {
    "pdf": b"%PDF-",
    "png": b"\x89PNG\r\n\x1a\n",
    "jpg": b"\xff\xd8\xff",
    "jpeg": b"\xff\xd8\xff",
    "ics": b"BEGIN:VCALENDAR",
}
_OFFICE_FOLDER = {"xlsx": "xl/", "docx": "word/"}
#: Chinese offices write UTF-8 and the national encoding GB 18030.
_ENCODINGS = ("utf-8", "gb18030")
_LONGEST_NAME = 200


def clean_name(name: str) -> str:
    """Return the file's own name without folders, control and direction-changing characters.

    Raises DocumentRefused (reason ``name``) when nothing is left of it.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(c for c in last if unicodedata.category(c)[0] != "C")
    shown = re.sub(r"\s+", " ", shown).strip(" .")
    if not shown:
        raise DocumentRefused("no name", reason="name")
    if len(shown) > _LONGEST_NAME:
        suffix = PurePosixPath(shown).suffix[:10]
        shown = shown[: _LONGEST_NAME - len(suffix)] + suffix
    return shown


def media_type(name: str, content: bytes) -> str:
    """Return the media type of a file whose content agrees with its extension.

    Raises DocumentRefused with reason ``type`` (not a permitted kind) or ``content`` (it is not
    what its name says).
    """
    extension = PurePosixPath(name).suffix.lower().lstrip(".")
    if extension not in MEDIA_TYPES:
        raise DocumentRefused(f"kind {extension!r}", reason="type", extension=extension)
    if not _agrees(extension, content):
        raise DocumentRefused("not what it says", reason="content", extension=extension)
    return MEDIA_TYPES[extension]


def _agrees(extension: str, content: bytes) -> bool:
    if extension in _MAGIC:
        return content.startswith(_MAGIC[extension])
    if extension in ("csv", "txt"):
        return _is_text(content)
    return _is_archive(extension, content)


def _is_text(content: bytes) -> bool:
    if b"\x00" in content:
        return False
    for encoding in _ENCODINGS:
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def _is_archive(extension: str, content: bytes) -> bool:
    if not content.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    folder = _OFFICE_FOLDER.get(extension)
    if folder is None:
        return True
    macros = any(member.lower().endswith("vbaproject.bin") for member in members)
    inside = any(member.startswith(folder) for member in members)
    return "[Content_Types].xml" in members and inside and not macros
