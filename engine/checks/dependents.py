"""What a changed form or decision would break in processes that are published already."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from engine.checks.surroundings import Surroundings
from engine.problems import Problem, errors

if TYPE_CHECKING:
    from engine.definitions import Resource


def broken_processes(resources: "Sequence[Resource]", session: Session) -> Iterator[Problem]:
    """Yield the errors that published processes would have with these forms and decisions.

    Errors that they have anyway are not held against the change.
    """
    from engine.checks import check_diagram  # noqa: PLC0415 - the package's own entry
    from engine.definitions import processes  # noqa: PLC0415 - definitions calls the checks

    changed = [one for one in resources if one.kind != "bpmn" and one.key]
    replaced = {one.key for one in resources if one.kind == "bpmn"}
    for process in processes(session) if changed else ():
        named = [one for one in changed if f'"{one.key}"' in process.content]
        if process.key in replaced or not named:
            continue
        before = errors(check_diagram(process.content, Surroundings((), session)))
        for one in errors(check_diagram(process.content, Surroundings(changed, session))):
            if one not in before:
                yield Problem(
                    "breaks_process",
                    process=process.key,
                    zh=one.sentence("zh"),
                    en=one.sentence("en"),
                    file=named[0].file,
                )
