"""/stages: what waits at which step of an instrument's life."""

from flask import g, render_template

from domain import lifeline
from domain.lifeline.stages import PROCESSES
from engine import user_tasks
from engine.clock import now
from web.access import current_actor, requires
from web.life.room import PROCESS_NAMES, STARTERS, WATCHERS, blueprint
from web.monitor.people import unit_names
from web.words import say


@blueprint.get("/stages")
@requires(*WATCHERS)
def stage_list() -> str:
    """Show the cases in scope by stage, the reader's own tasks marked."""
    session, actor = g.session, current_actor()
    found = lifeline.stages(session, at=now(session))
    mine = {
        waiting.task.id
        for stage in found
        for waiting in stage.waiting
        if user_tasks.may_complete(actor, waiting.task, waiting.case)
    }
    units = unit_names(session, {w.case.unit_id for stage in found for w in stage.waiting})
    return render_template(
        "life/stages.html",
        found=found,
        mine=mine,
        units=units,
        processes=PROCESSES,
        names=PROCESS_NAMES,
        say=say,
        may_start=actor.has(*STARTERS),
    )
