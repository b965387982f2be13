"""/instruments/<id>/life: from wish to service, and every case on the way."""

from uuid import UUID

from flask import g, render_template

from domain import instruments, lifeline
from domain.organisations import people
from domain.payments import tariffs
from engine.errors import NotFound
from web.access import current_actor, requires
from web.life.room import DECISIONS, MILESTONES, WATCHERS, blueprint
from web.words import say


@blueprint.get("/instruments/<uuid:public_id>/life")
@requires(*WATCHERS)
def life_line(public_id: UUID) -> str:
    """Show an instrument's life to its unit and to officials of its region."""
    instrument = instruments.read(g.session, public_id)
    line = lifeline.of_instrument(g.session, instrument)
    if not line.milestones and not _is_theirs(instrument):
        raise NotFound(f"no life line of {public_id}")
    who = {one.by for one in line.milestones if one.by is not None}
    return render_template(
        "life/line.html",
        instrument=instrument,
        line=line,
        tariffs=tariffs.listed(g.session, instrument, on=tariffs.today(g.session)),
        people=people.names(g.session, who),
        kinds=MILESTONES,
        decisions=DECISIONS,
        say=say,
    )


def _is_theirs(instrument: instruments.Instrument) -> bool:
    return any(
        grant.unit_id == instrument.unit_id
        or (grant.region is not None and grant.region in instrument.region_path)
        for grant in current_actor().grants
    )
