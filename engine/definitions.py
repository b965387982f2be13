"""Definitions: read from a folder, checked, and published as immutable numbered versions."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from lxml import etree
from sqlalchemy import ARRAY, Text, any_, bindparam, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from engine import clock, db, driver, xml
from engine.actors import Actor
from engine.difference import Change, difference
from engine.driver import Prepared
from engine.errors import InvalidDefinition, NotAllowed, NotFound
from engine.models import Definition, Deployment
from engine.problems import Problem, errors
from engine.records import canonical

__all__ = [
    "Change",
    "Published",
    "Resource",
    "check",
    "content",
    "current",
    "difference",
    "latest",
    "neighbours",
    "processes",
    "publish",
    "read_bytes",
    "read_file",
    "read_folder",
    "versions",
    "withdraw",
]

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
KINDS = {".bpmn": "bpmn", ".dmn": "dmn", ".form": "form"}
WORDS_FILE = "words.en.json"
PUBLISHERS = ("process_publisher", "platform_administrator")
#: Number of the advisory lock under which version numbers are given.
_PUBLISHING = 0x64617969


@dataclass(frozen=True)
class Resource:
    """One file to be published: kind ``bpmn``, ``dmn`` or ``form``, and the key it is known by.

    ``words`` are the English words by Chinese text. ``key`` is empty where the content is too
    broken to tell; ``check`` says why.
    """

    kind: str
    key: str
    file: str
    content: str
    words: Mapping[str, str] = field(default_factory=dict)


def read_folder(path: Path | str) -> list[Resource]:
    """Read every process, decision and form of a folder, with its English words.

    Raises InvalidDefinition where a file cannot be read as text or the words are no JSON.
    """
    folder = Path(path)
    words = _words(folder / WORDS_FILE)
    files = sorted(file for file in folder.iterdir() if file.suffix in KINDS)
    if not files:
        raise InvalidDefinition([Problem("nothing_to_publish", file=folder.name)])
    return [replace(read_bytes(file.name, file.read_bytes()), words=words) for file in files]


def read_file(path: Path | str) -> Resource:
    """Read one process, decision or form, with the English words that lie beside it."""
    file = Path(path)
    resource = read_bytes(file.name, file.read_bytes())
    return replace(resource, words=_words(file.parent / WORDS_FILE))


def neighbours(path: Path | str) -> list[Resource]:
    """Return what lies beside a file and can be named by it; unreadable files are left out."""
    file = Path(path)
    beside = []
    for other in sorted(file.parent.iterdir()):
        if other.suffix in KINDS and other.name != file.name:
            try:
                beside.append(read_bytes(other.name, other.read_bytes()))
            except InvalidDefinition:
                continue
    return beside


def read_bytes(name: str, data: bytes) -> Resource:
    """Make a resource of an uploaded file; raises InvalidDefinition for an unknown kind."""
    kind = KINDS.get(Path(name).suffix.lower())
    if kind is None:
        raise InvalidDefinition([Problem("unknown_file", file=name, name=name)])
    content = _decoded(data, kind, name)
    return Resource(kind, _key(kind, content), name, content)


def _decoded(data: bytes, kind: str, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if kind == "form":
            problem = Problem("form_unreadable", file=name, line=1, reason=str(error))
            raise InvalidDefinition([problem]) from error
    try:
        # XML may declare another encoding; from here on the text is UTF-8.
        return etree.tostring(xml.parse(data), encoding="unicode")
    except InvalidDefinition as refused:
        raise InvalidDefinition([one.in_file(name) for one in refused.problems]) from refused


def _words(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    try:
        words = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        problem = Problem("words_unreadable", file=file.name, reason=str(error))
        raise InvalidDefinition([problem]) from error
    if not isinstance(words, dict) or not all(isinstance(value, str) for value in words.values()):
        raise InvalidDefinition([Problem("words_unreadable", file=file.name, reason="object")])
    return words


def _key(kind: str, content: str) -> str:
    try:
        return _form_id(content) if kind == "form" else _root_id(kind, content)
    except (InvalidDefinition, ValueError, RecursionError):
        return ""


def _form_id(content: str) -> str:
    schema = json.loads(content)
    return str(schema.get("id") or "") if isinstance(schema, dict) else ""


def _root_id(kind: str, content: str) -> str:
    wanted = "process" if kind == "bpmn" else "decision"
    found = [child for child in xml.parse(content) if _local(child) == wanted]
    if kind == "bpmn":
        found = [one for one in found if one.get("isExecutable") == "true"] or found
    return str(found[0].get("id") or "") if found else ""


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def check(
    resources: Sequence[Resource],
    *,
    session: Session | None = None,
    beside: Iterable[Resource] = (),
) -> list[Problem]:
    """Return everything that is wrong with these resources; errors stop publishing.

    Forms and decisions are looked for among the resources, then ``beside`` (not checked
    themselves), then among the published ones where a session is given. Never raises for any
    content.
    """
    from engine.checks import check_all  # noqa: PLC0415 - the checks import this module

    return check_all(resources, session=session, beside=beside)


def publish(
    session: Session, resources: Sequence[Resource], *, actor: Actor, note: str = ""
) -> Deployment | None:
    """Publish what has changed as new versions; None where nothing has.

    Running cases keep their version. Raises NotAllowed unless the actor may publish, and
    InvalidDefinition with every error that the check found.
    """
    if not (actor.is_system or actor.has(*PUBLISHERS)):
        raise NotAllowed("only a process publisher may publish")
    with db.as_system(session):
        # Version numbers are given one publisher at a time.
        session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _PUBLISHING})
        found = errors(check(resources, session=session))
        if found:
            raise InvalidDefinition(found)
        changed = [
            (resource, digest, newest)
            for resource in resources
            if (digest := content_hash(resource)) is not None
            if (newest := _newest(session, resource.kind, resource.key)) is None
            or newest.hash != digest
            or newest.withdrawn_at is not None
        ]
        if not changed:
            return None
        deployment = Deployment(actor_id=actor.id, at=clock.now(session), note=note)
        session.add(deployment)
        session.flush()
        for resource, digest, newest in changed:
            version = newest.version + 1 if newest else 1
            session.add(_definition(resource, digest, version, deployment))
        session.flush()
        return deployment


def _definition(
    resource: Resource, digest: str, version: int, deployment: Deployment
) -> Definition:
    return Definition(
        kind=resource.kind,
        key=resource.key,
        version=version,
        hash=digest,
        name=_name(resource)[:200],
        content=resource.content,
        words=_own_words(resource),
        deployment_id=deployment.id,
        published_at=deployment.at,
        published_by=deployment.actor_id,
    )


def _name(resource: Resource) -> str:
    if resource.kind == "form":
        schema = json.loads(resource.content)
        return str(schema.get("name") or schema.get("title") or resource.key)
    for child in xml.parse(resource.content):
        if child.get("id") == resource.key and child.get("name"):
            return " ".join(str(child.get("name")).split())
    return resource.key


def _own_words(resource: Resource) -> dict[str, str]:
    text_of = canonical_content(resource)
    written = _as_in_json if resource.kind == "form" else str
    return {
        chinese: word for chinese, word in resource.words.items() if written(chinese) in text_of
    }


def _as_in_json(text: str) -> str:
    """Return a text as canonical JSON writes it: quotes and line ends are escaped."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def canonical_content(resource: Resource) -> str:
    """Return the content in canonical form: C14N 2.0 for XML, RFC 8785 for forms."""
    if resource.kind == "form":
        return canonical(json.loads(resource.content))
    return etree.tostring(xml.parse(resource.content), method="c14n2").decode()


def content_hash(resource: Resource) -> str:
    """Return SHA-256 (hex) of the canonical content and of the English words it uses."""
    words = canonical(_own_words(resource))
    return hashlib.sha256(f"{canonical_content(resource)}\n{words}".encode()).hexdigest()


def _newest(session: Session, kind: str, key: str) -> Definition | None:
    statement = (
        select(Definition)
        .where(Definition.kind == kind, Definition.key == key)
        .order_by(Definition.version.desc())
    )
    return session.scalars(statement.limit(1)).first()


def latest(session: Session, kind: str, key: str) -> Definition:
    """Return the newest version that was not withdrawn; raises NotFound."""
    statement = (
        select(Definition)
        .where(Definition.kind == kind, Definition.key == key, Definition.withdrawn_at.is_(None))
        .order_by(Definition.version.desc())
    )
    found = session.scalars(statement.limit(1)).first()
    if found is None:
        raise NotFound(f"no {kind} {key} is published", kind=kind, key=key)
    return found


@dataclass(frozen=True)
class Published:
    """A published version as the engine needs it at every step: all but what it says."""

    id: int
    public_id: UUID
    kind: str
    key: str
    version: int
    hash: str
    name: str


_CURRENT = Prepared(
    select(
        Definition.id,
        Definition.public_id,
        Definition.kind,
        Definition.key,
        Definition.version,
        Definition.hash,
        Definition.name,
    )
    .where(
        Definition.kind == bindparam("kind"),
        Definition.key == any_(bindparam("keys", type_=ARRAY(Text))),
        Definition.withdrawn_at.is_(None),
    )
    .ext(distinct_on(Definition.key))
    .order_by(Definition.key, Definition.version.desc())
)
_CONTENT = select(Definition.content).where(Definition.id == bindparam("id"))


def asking(kind: str, keys: Sequence[str]) -> tuple[Prepared, dict[str, Any]]:
    """Return the query for the current versions of these keys, rows as ``Published`` has them."""
    return _CURRENT, {"kind": kind, "keys": list(keys)}


def current(session: Session, kind: str, key: str) -> Published:
    """Return what ``latest`` returns, without its content and words; raises NotFound."""
    found = driver.one(session, *asking(kind, [key]))
    if found is None:
        raise NotFound(f"no {kind} {key} is published", kind=kind, key=key)
    return Published(*found)


#: Contents by hash: equal hashes say the same.
_contents: dict[str, str] = {}
_KEPT = 500


def content(session: Session, definition_id: int, digest: str) -> str:
    """Return the content of a published version, which never changes."""
    found = _contents.get(digest)
    if found is None:
        while len(_contents) >= _KEPT:
            _contents.pop(next(iter(_contents)))
        found = session.connection().execute(_CONTENT, {"id": definition_id}).scalar_one()
        _contents[digest] = found
    return found


def versions(session: Session, kind: str, key: str) -> list[Definition]:
    """Return every version, newest first, withdrawn ones too."""
    statement = (
        select(Definition)
        .where(Definition.kind == kind, Definition.key == key)
        .order_by(Definition.version.desc())
    )
    return list(session.scalars(statement))


def processes(session: Session) -> list[Definition]:
    """Return the newest version of each process that can be started, ordered by key."""
    statement = (
        select(Definition)
        .where(Definition.kind == "bpmn", Definition.withdrawn_at.is_(None))
        .ext(distinct_on(Definition.key))
        .order_by(Definition.key, Definition.version.desc())
    )
    return list(session.scalars(statement))


def withdraw(session: Session, definition_public_id: UUID, *, actor: Actor) -> Definition:
    """Take a version out of use for new cases; running cases keep it.

    Raises NotFound or NotAllowed.
    """
    if not (actor.is_system or actor.has(*PUBLISHERS)):
        raise NotAllowed("only a process publisher may withdraw a version")
    statement = select(Definition).where(Definition.public_id == definition_public_id)
    with db.as_system(session):
        found = session.scalars(statement.with_for_update()).one_or_none()
        if found is None:
            raise NotFound("no such version")
        if found.withdrawn_at is None:
            found.withdrawn_at = clock.now(session)
            session.flush()
        return found


def words_of(definition: Definition) -> dict[str, Any]:
    """Return the English words of a published version."""
    return definition.words
