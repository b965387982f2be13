import io
import zipfile
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from domain.documents import MAX_BYTES, MEDIA_TYPES, attach, of_case, read, store
from domain.documents.kinds import clean_name
from domain.errors import DocumentRefused
from engine.actors import Actor, Grant
from engine.db import set_scope
from engine.errors import NotAllowed, NotFound
from engine.models import Definition, Deployment, Instance

AT = datetime(2026, 11, 1, tzinfo=UTC)
PDF = b"%PDF-1.7\n%%EOF"


def person(*grants: Grant) -> Actor:
    return Actor(uuid4(), "某人", grants)


def archive(*members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for member in members:
            file.writestr(member, "x")
    return buffer.getvalue()


DOCX = archive("[Content_Types].xml", "word/document.xml")
XLSX = archive("[Content_Types].xml", "xl/workbook.xml")
GOOD = {
    "pdf": PDF,
    "png": b"\x89PNG\r\n\x1a\n0",
    "jpg": b"\xff\xd8\xff\xe0",
    "jpeg": b"\xff\xd8\xff\xe0",
    "csv": "样品,结果\n1,2".encode("gb18030"),
    "txt": "样品".encode(),
    "docx": DOCX,
    "xlsx": XLSX,
    "zip": archive("a.txt"),
    "ics": b"BEGIN:VCALENDAR\r\nEND:VCALENDAR",
}


@pytest.fixture
def case(session: Session) -> tuple[UUID, Actor]:
    """A case and somebody who takes part in it."""
    actor = person(Grant("applicant"))
    deployment = Deployment(actor_id=actor.id, at=AT)
    definition = Definition(
        kind="bpmn",
        key="p",
        version=1,
        hash="0" * 64,
        content="",
        deployment=deployment,
        published_at=AT,
        published_by=actor.id,
    )
    instance = Instance(
        number="YY-1",
        process_key="p",
        definition=definition,
        started_at=AT,
        initiator_id=actor.id,
        participants=[actor.id],
        region="330106",
        region_path=["33", "3301", "330106"],
    )
    session.add(instance)
    session.flush()
    return instance.public_id, actor


def _reason(session: Session, name: str, content: bytes) -> str:
    with pytest.raises(DocumentRefused) as caught:
        store(session, name=name, content=content, by=person())
    return str(caught.value.params["reason"])


def test_there_is_a_sample_of_every_permitted_kind() -> None:
    assert set(GOOD) == set(MEDIA_TYPES)


@pytest.mark.parametrize("extension", list(GOOD))
def test_a_permitted_file_comes_back_as_it_was(session: Session, extension: str) -> None:
    content = GOOD[extension]
    document = store(session, name=f"报告.{extension.upper()}", content=content, by=person())
    session.expire(document)
    kept = read(session, document.public_id)
    assert (kept.content, kept.size) == (content, len(content))
    assert kept.media_type == MEDIA_TYPES[extension]
    assert len(kept.sha256) == 64


@pytest.mark.parametrize(
    "extension", ["pdf", "png", "jpg", "csv", "txt", "docx", "xlsx", "zip", "ics"]
)
def test_a_file_that_is_not_what_its_name_says_is_refused(session, extension: str) -> None:
    assert _reason(session, f"a.{extension}", b"MZ\x90\x00\xff\xfe\xff") == "content"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.exe", b"MZ", "type"),
        ("a.pdf.html", PDF, "type"),
        ("a.svg", b"<svg/>", "type"),
        ("pdf", PDF, "type"),
        ("a.docx", XLSX, "content"),
        ("a.xlsx", archive("[Content_Types].xml", "xl/a", "xl/vbaProject.bin"), "content"),
        ("a.docx", archive("word/document.xml"), "content"),
        ("a.zip", b"PK\x03\x04", "content"),
        ("a.pdf", b"", "empty"),
        ("../..", PDF, "name"),
        ("", PDF, "name"),
    ],
)
def test_other_files_are_refused(session, name: str, content: bytes, reason: str) -> None:
    assert _reason(session, name, content) == reason


def test_twenty_megabytes_are_taken_and_one_byte_more_is_not(session: Session) -> None:
    content = PDF.ljust(MAX_BYTES, b" ")
    assert store(session, name="a.pdf", content=content, by=person()).size == MAX_BYTES
    assert _reason(session, "a.pdf", content + b" ") == "too_large"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\用户\\报告.pdf", "报告.pdf"),
        ("../../etc/报告.pdf", "报告.pdf"),
        ("a\u202efdp.exe\x00.pdf", "afdp.exe.pdf"),
        ("  a \n b.pdf ", "a b.pdf"),
    ],
)
def test_a_name_loses_folders_and_hidden_characters(given: str, kept: str) -> None:
    assert clean_name(given) == kept


def test_a_long_name_keeps_its_extension() -> None:
    assert clean_name("长" * 300 + ".pdf") == "长" * 196 + ".pdf"


def test_who_sees_the_case_sees_its_files_and_nobody_else_does(
    session: Session, case: tuple[UUID, Actor]
) -> None:
    case_id, owner = case
    set_scope(session, owner)
    document_id = store(session, name="a.pdf", content=PDF, by=owner, case_id=case_id).public_id
    session.expire_all()
    for actor in (owner, person(Grant("auditor", region="33"))):
        set_scope(session, actor)
        assert read(session, document_id).content == PDF
        assert len(of_case(session, case_id)) == 1
    for actor in (person(), person(Grant("auditor", region="3302"))):
        set_scope(session, actor)
        with pytest.raises(NotFound):
            read(session, document_id)
        with pytest.raises(NotFound):
            store(session, name="a.pdf", content=PDF, by=actor, case_id=case_id)
        assert of_case(session, case_id) == []


def test_a_file_waits_for_its_case_with_its_uploader_alone(
    session: Session, case: tuple[UUID, Actor]
) -> None:
    case_id, owner = case
    auditor = person(Grant("auditor", region="33"))
    set_scope(session, owner)
    document_id = store(session, name="a.pdf", content=PDF, by=owner).public_id
    set_scope(session, auditor)
    with pytest.raises(NotFound):
        read(session, document_id)
    set_scope(session, owner)
    assert attach(session, [document_id], case_id, by=owner) == 1
    assert attach(session, [document_id], case_id, by=owner) == 0
    set_scope(session, auditor)
    assert read(session, document_id).case_id == case_id


def test_anothers_file_cannot_be_drawn_into_ones_own_case(
    session: Session, case: tuple[UUID, Actor]
) -> None:
    case_id, owner = case
    other = person()
    document_id = store(session, name="a.pdf", content=PDF, by=other).public_id
    with pytest.raises(NotAllowed):
        attach(session, [document_id], case_id, by=owner)
    set_scope(session, owner)
    with pytest.raises(NotFound):
        attach(session, [document_id], case_id, by=owner)
