"""The one loop that moves tokens; nothing else does.

A token that cannot go on stays where it is with an incident; the other branches continue.
"""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import select

from engine import calls, outgoing, projection
from engine.errors import EngineError, TooDeep
from engine.models import Message
from engine.spiff import loops, specs, tokens
from engine.spiff.tokens import Token
from engine.spiff.workflow import Variables
from engine.step import Step

#: So many elements may be passed in one step before it is taken for an endless loop.
MOST_MOVES = 1000
#: So many tokens may be open in one case.
MOST_TOKENS = 2000


class ErrorNotCaught(EngineError):
    """An error was thrown that no error event catches; params: error_code."""

    code = "error_not_caught"


def settle(step: Step) -> None:
    """Move every token as far as it goes, offer user tasks, then store all of it."""
    run(step)
    while _hand_over(step):
        run(step)
    projection.offer(step)
    projection.store(step)


def _hand_over(step: Step) -> bool:
    """Let one message happen that came before the case began to wait for it; False: none did."""
    known = step.before.messages
    for token, (_, name, key) in tokens.waiting(step.case).messages.items():
        if token in known:
            continue
        message = step.session.scalar(
            select(Message)
            .where(
                Message.name == name,
                Message.correlation_key == key,
                Message.instance_id.is_(None),
                Message.expires_at > step.now,
            )
            .order_by(Message.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if message is not None:
            receive(step, token, message)
            return True
    return False


def receive(step: Step, token: UUID, message: Message) -> bool:
    """Give a message to the event that waits for it at a token; False where none does any more."""
    task = tokens.message_event(step.case, token, message.name)
    if task is None:
        return False
    message.instance_id, message.delivered_at = step.instance.id, step.now
    step.tell(
        "message_received",
        task,
        data={"name": message.name, "key": message.correlation_key, "payload": message.payload},
    )
    happen(step, task, message.payload)
    return True


def run(step: Step) -> None:
    """Move tokens until each waits for something from outside."""
    while not step.case.completed:
        task = step.case.ready()
        if task is None:
            return
        step.moves += 1
        if step.moves > MOST_MOVES or (
            step.moves % 100 == 0 and len(step.case.all_tasks()) > MOST_TOKENS
        ):
            step.case.fail(task, TooDeep(f"{step.moves} elements in one step", depth=step.moves))
            continue
        move(step, task)


def move(step: Step, task: Token) -> None:
    """Move one token over its element."""
    mover = _MOVERS.get(type(task.task_spec), _pass)
    try:
        mover(step, task)
    except EngineError as error:
        tokens.back_to_ready(task)
        step.case.fail(task, error)


def done(step: Step, task: Token) -> None:
    """Complete a token and note the path it took."""
    tokens.end_round(task)
    tokens.complete(task)
    step.case.close_scope(task)
    note_path(step, task)


def note_path(step: Step, task: Token, onto: list[Token] | None = None) -> None:
    """Note an element and the flows taken from it."""
    element_id = task.task_spec.bpmn_id
    if element_id:
        if not isinstance(task.task_spec, loops.MultiInstance):
            # Its rounds have been noted, each by itself.
            step.elements.append(element_id)
        step.flows.extend(tokens.taken(step.case, task, onto))
    if isinstance(task.task_spec, specs.EndEvent) and task.workflow is step.case:
        step.end_event = (element_id, task.task_spec.bpmn_name)


def happen(step: Step, task: Token, payload: Variables | None = None) -> None:
    """Let an event happen and move its token at once, before anything it may cancel moves."""
    tokens.happen(task, payload)
    move(step, task)


def throw(step: Step, task: Token, code: str, message: str, data: Variables) -> bool:
    """Throw a BPMN error at a token; False where nothing catches it."""
    boundary = tokens.error_boundary(step.case, task, code)
    if boundary is None:
        return False
    step.tell("error_caught", boundary, data={"code": code, "message": message})
    happen(step, boundary, {**data, "error_code": code, "error_message": message})
    return True


def _pass(step: Step, task: Token) -> None:
    spec = task.task_spec
    extensions = getattr(spec, "extensions", None)
    if extensions is not None and extensions.outputs:
        step.case.publish(task, {})
    done(step, task)


def _end_loop(step: Step, task: Token) -> None:
    step.case.assign(task, loops.results_of(step.case, task))
    done(step, task)


def _throw(step: Step, task: Token) -> None:
    letter = outgoing.letter(step, task)
    _pass(step, task)
    outgoing.post(step, task, letter)


def _begin(step: Step, task: Token) -> None:
    step.case.publish(task, step.payload)
    done(step, task)


def _catch(step: Step, task: Token) -> None:
    payload = task.internal_data.get("payload") or {}
    step.case.publish(task, payload)
    task.internal_data.pop("payload", None)
    done(step, task)


def _end(step: Step, task: Token) -> None:
    code = task.task_spec.error_code
    if task.task_spec.throws is not None:
        _throw(step, task)
    elif code is None:
        _pass(step, task)
    elif throw(step, task, code, task.task_spec.bpmn_name, {}):
        step.elements.append(task.task_spec.bpmn_id)
    else:
        raise ErrorNotCaught(f"nothing catches the error {code}", error_code=code)


def _decide(step: Step, task: Token) -> None:
    calls.decide(step, task)
    done(step, task)


def _script(step: Step, task: Token) -> None:
    spec = task.task_spec.extensions
    local = step.case.inputs(task)
    text = spec.script if spec.script.startswith("=") else f"={spec.script}"
    value = step.case.resolve(task, text, local)
    step.case.publish(task, {spec.result_variable: value} if spec.result_variable else {})
    done(step, task)


def _operate(step: Step, task: Token) -> None:
    outcome = calls.operate(step, task)
    if outcome is not None:
        conclude(step, task, outcome)


def conclude(step: Step, task: Token, outcome: "calls.Outcome") -> None:
    """Move on from an operation that is done or has thrown a BPMN error."""
    if outcome.kind == "done":
        done(step, task)
        return
    if not throw(step, task, outcome.code, outcome.message, outcome.variables):
        text = f"nothing catches {outcome.code}: {outcome.message}"
        raise ErrorNotCaught(text, error_code=outcome.code)
    step.elements.append(task.task_spec.bpmn_id)


_MOVERS: dict[type, Callable[[Step, Token], None]] = {
    specs.CatchEvent: _catch,
    specs.BoundaryEvent: _catch,
    specs.MessageStart: _begin,
    specs.ThrowEvent: _throw,
    specs.EndEvent: _end,
    specs.OperationTask: _operate,
    specs.DecisionTask: _decide,
    specs.ScriptTask: _script,
    loops.MultiInstance: _end_loop,
}
