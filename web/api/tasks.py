"""Tasks that wait for the caller."""

from typing import Any
from uuid import UUID

from engine import user_tasks
from engine.models import Instance
from web import database
from web.access import current_actor
from web.api import schemas
from web.api.contract import endpoint
from web.inbox.lists import tasks_of_case


@endpoint("GET", "/tasks", query=schemas.TaskQuery, answer=schemas.Task, is_list=True)
def list_tasks(query: dict[str, Any]) -> tuple[list[Any], int]:
    """List the tasks that the caller may do, by due time."""
    session, actor = database.session(), current_actor()
    if query["case"] is not None:
        found = tasks_of_case(session, actor, query["case"])
        return found[query["offset"] : query["offset"] + query["limit"]], len(found)
    waiting = user_tasks.waiting(session, actor, limit=query["limit"], offset=query["offset"])
    return list(waiting), user_tasks.count(session, actor)


@endpoint("GET", "/tasks/<uuid:task_id>", answer=schemas.TaskDetail)
def read_task(task_id: UUID) -> dict[str, Any]:
    """Read a task with its form and the data to begin with."""
    view = user_tasks.read(database.session(), task_id, current_actor())
    return {
        "task": view.task,
        "schema": view.schema,
        "data": view.data,
        "may_complete": view.may_complete,
    }


@endpoint("POST", "/tasks/<uuid:task_id>/complete", body=schemas.Complete, answer=schemas.Case)
def complete_task(task_id: UUID, body: dict[str, Any]) -> Instance:
    """Complete a task with the data of its form.

    Of two people who complete the same task the second gets 409 with who and when.
    """
    return user_tasks.complete(database.session(), task_id, body["data"], actor=current_actor())
