"""Proposals: changed files, read and checked as if they were already in force."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, definitions
from engine.actors import Actor
from engine.definitions import Resource
from engine.errors import InvalidDefinition, NotFound
from engine.models import Definition
from engine.problems import Problem
from web.formats import language
from web.monitor import drawing
from web.monitor.texts import gettext
from web.studio import content
from web.studio.content import Change
from web.studio.models import Proposal

_MOST_FILES = 20


class Unusable(Exception):
    """Files that cannot be proposed; ``reasons`` are sentences for people."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = list(reasons)


@dataclass(frozen=True)
class Part:
    """One proposed file, the version it would replace, and what differs."""

    resource: Resource
    published: Definition | None
    changes: list[Change]

    @property
    def number(self) -> int:
        """Return the version number that it would get."""
        return self.published.version + 1 if self.published else 1

    @property
    def name(self) -> str:
        """Return what the file is called by people."""
        return self.published.name if self.published else self.resource.key


def make(session: Session, key: str, files: Sequence[tuple[str, bytes]], actor: Actor) -> Proposal:
    """Keep uploaded files (name, content) as a proposal for a process.

    Raises Unusable where a file cannot be read at all or does not belong to the process.
    """
    newest = definitions.latest(session, "bpmn", key)
    if not files:
        raise Unusable([gettext("Choose at least one file.")])
    if len(files) > _MOST_FILES:
        raise Unusable([gettext("At most %(n)s files at once.", n=_MOST_FILES)])
    read = _readable(files)
    _belong(newest, [resource for resource in read if resource.kind != "words"])
    proposal = Proposal(
        process_key=key,
        files=[{"name": resource.file, "content": resource.content} for resource in read],
        proposed_by=actor.id,
        proposed_at=clock.now(session),
    )
    session.add(proposal)
    session.flush()
    return proposal


def _readable(files: Sequence[tuple[str, bytes]]) -> list[Resource]:
    read: list[Resource] = []
    reasons: list[str] = []
    for name, data in files:
        try:
            read.append(_words_file(name, data) or definitions.read_bytes(name, data))
        except InvalidDefinition as refused:
            reasons += [_said(problem, name) for problem in refused.problems]
    for resource in read:
        if not resource.key and resource.kind != "words":
            reasons += _why_unreadable(resource)
    if reasons:
        raise Unusable(reasons)
    return read


def _words_file(name: str, data: bytes) -> Resource | None:
    """Return the English words, if this is their file."""
    if name != definitions.WORDS_FILE:
        return None
    try:
        words = json.loads(data.decode("utf-8-sig"))
    except ValueError as error:
        problem = Problem("words_unreadable", file=name, reason=str(error))
        raise InvalidDefinition([problem]) from error
    if not isinstance(words, dict) or not all(isinstance(v, str) for v in words.values()):
        raise InvalidDefinition([Problem("words_unreadable", file=name, reason="object")])
    return Resource("words", "", name, json.dumps(words, ensure_ascii=False))


def _why_unreadable(resource: Resource) -> list[str]:
    found = definitions.check([resource])
    said = [_said(problem, resource.file) for problem in found if problem.is_error]
    return said or [gettext("%(file)s: it does not say which process, decision or form it is.",
                            file=resource.file)]  # fmt: skip


def _said(problem: Problem, file: str) -> str:
    return gettext("%(file)s: %(why)s", file=file, why=problem.sentence(language()))


def _belong(newest: Definition, read: list[Resource]) -> None:
    """Refuse files of another process: they would change what nobody here looked at."""
    if not read:
        reason = gettext("English words alone change nothing: add the file they belong to.")
        raise Unusable([reason])
    diagrams = [newest.content, *(r.content for r in read if r.kind == "bpmn")]
    known = set().union(*(_named(each) for each in diagrams))
    reasons = [why for resource in read if (why := _stranger(newest.key, resource, known))]
    twice = [k for k, n in Counter((r.kind, r.key) for r in read).items() if n > 1]
    reasons += [gettext("“%(key)s” is there twice.", key=key) for _, key in twice]
    if reasons:
        raise Unusable(reasons)


def _stranger(key: str, resource: Resource, known: set[tuple[str, str]]) -> str:
    """Return why a file does not belong to the process; empty where it does."""
    if resource.kind == "bpmn":
        if resource.key == key:
            return ""
        text = gettext(
            "%(file)s holds the process “%(other)s”; here only “%(key)s” can be changed.",
            file=resource.file,
            other=resource.key,
            key=key,
        )
    else:
        if (resource.kind, resource.key) in known:
            return ""
        text = gettext(
            "%(file)s: the process “%(key)s” does not use “%(other)s”.",
            file=resource.file,
            other=resource.key,
            key=key,
        )
    return str(text)


def _named(bpmn: str) -> set[tuple[str, str]]:
    try:
        nodes = drawing.read(bpmn).nodes.values()
    except InvalidDefinition:
        return set()
    forms = {("form", node.form_id) for node in nodes if node.form_id}
    return forms | {("dmn", node.decision_id) for node in nodes if node.decision_id}


def read(session: Session, key: str, public_id: UUID) -> Proposal:
    """Return a proposal of a process; raises NotFound."""
    found = session.scalar(
        select(Proposal).where(Proposal.public_id == public_id, Proposal.process_key == key)
    )
    if found is None:
        raise NotFound(f"no proposal {public_id}")
    return found


def waiting(session: Session, key: str) -> list[Proposal]:
    """Return the newest proposals of a process that nobody has published."""
    query = select(Proposal).where(Proposal.process_key == key, Proposal.deployment_id.is_(None))
    return list(session.scalars(query.order_by(Proposal.id.desc()).limit(5)))


def resources(session: Session, proposal: Proposal) -> list[Resource]:
    """Return the proposed files, ready to be checked; known English words are kept."""
    words: dict[str, str] = {}
    found = []
    for file in proposal.files:
        if file["name"] == definitions.WORDS_FILE:
            words.update(json.loads(file["content"]))
        else:
            found.append(definitions.read_bytes(file["name"], file["content"].encode()))
    return [replace(r, words={**_known_words(session, proposal, r), **words}) for r in found]


def _known_words(session: Session, proposal: Proposal, resource: Resource) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for kind, key in (("bpmn", proposal.process_key), (resource.kind, resource.key)):
        for definition in definitions.versions(session, kind, key)[:1]:
            known.update(definition.words)
    return known


def check(session: Session, proposal: Proposal, proposed: list[Resource]) -> list[Problem]:
    """Check the proposal together with the diagram it will work with, errors first."""
    whole = list(proposed)
    if not any(resource.kind == "bpmn" for resource in proposed):
        newest = definitions.latest(session, "bpmn", proposal.process_key)
        name = f"{newest.key}.bpmn"
        whole.append(Resource("bpmn", newest.key, name, newest.content, newest.words))
    found = definitions.check(whole, session=session)
    return sorted(found, key=lambda problem: not problem.is_error)


def parts(session: Session, proposed: list[Resource]) -> list[Part]:
    """Return what each file would change; a file that is as published changes nothing."""
    found = []
    for resource in proposed:
        published = next(iter(definitions.versions(session, resource.kind, resource.key)), None)
        before = published.content if published else None
        changes = (
            content.changes(resource.kind, before, resource.content)
            if before and definitions.content_hash(resource) != (published and published.hash)
            else []
        )
        found.append(Part(resource, published, changes))
    return found


def is_changed(part: Part) -> bool:
    """Tell whether publishing this file makes a new version."""
    return part.published is None or (
        definitions.content_hash(part.resource) != part.published.hash
        or part.published.withdrawn_at is not None
    )


def base_of(found: list[Part]) -> str:
    """Return which published versions a reader has compared with, as one text."""
    return ",".join(
        f"{p.resource.kind}:{p.resource.key}:{p.published.version if p.published else 0}"
        for p in found
    )
