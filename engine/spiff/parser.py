"""From a BPMN file to a specification that SpiffWorkflow runs; cached by content.

What cannot run is refused here as well (the checks before publishing say it better).
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engine.errors import EngineError
from engine.spiff import events, loops, specs
from engine.spiff.extensions import LOOP, Extensions, bpmn, read, read_loop, zeebe
from engine.xml import parse as parse_xml

_KEPT = 200
#: Children of a process that are no flow nodes.
_NO_NODES = frozenset(
    {
        "sequenceFlow", "laneSet", "extensionElements", "documentation", "incoming", "outgoing",
        "textAnnotation", "association", "group", "ioSpecification", "property",
        "dataObject", "dataObjectReference", "dataStoreReference", LOOP,
    }
)  # fmt: skip
_cache: OrderedDict[tuple[str, str], "Specification"] = OrderedDict()


class CannotRun(EngineError):
    """The diagram holds something that this engine does not run; params: element_id, why."""

    code = "cannot_run"


@dataclass
class Specification:
    """A parsed process: the specs by scope, its flows, and the process' own extensions.

    ``flows`` maps a pair of specification names to the ids of the sequence flows between them.
    """

    key: str
    name: str
    top: specs.ProcessSpec
    inner: dict[str, specs.ProcessSpec] = field(default_factory=dict)
    flows: dict[tuple[str, str], str] = field(default_factory=dict)
    extensions: Extensions = field(default_factory=Extensions)

    @cached_property
    def form_ids(self) -> list[str]:
        """The forms of its user tasks."""
        found = {
            task.extensions.form_id
            for scope in (self.top, *self.inner.values())
            for task in scope.task_specs.values()
            if isinstance(task, specs.UserTask)
        }
        return sorted(found - {""})

    @property
    def start_message(self) -> str:
        """The name of the message that starts the process; empty where a person does."""
        return getattr(self.start, "message_name", "")

    @property
    def start(self) -> specs.Node:
        """The start event of the process."""
        node: specs.Node = self.top.start.outputs[0]
        return node


def specification(content: str, key: str) -> Specification:
    """Return the specification of process ``key`` in a BPMN file, from the cache where possible."""
    digest = hashlib.sha256(content.encode()).hexdigest()
    found = _cache.get((digest, key))
    if found is None:
        found = _cache[digest, key] = _Builder(parse_xml(content), key).build()
        while len(_cache) > _KEPT:
            _cache.popitem(last=False)
    return found


def spec_name(element_id: str) -> str:
    """Return the specification's name of an element; the prefix keeps ids like ``End`` apart."""
    return f"@{element_id}"


def _attribute(node: Any, name: str) -> str:
    return node.get(name) or ""


Maker = Callable[[specs.ProcessSpec, Any], specs.Node]


class _Builder:
    """Builds one specification; one method for each kind of element."""

    def __init__(self, root: Any, key: str) -> None:
        self.root = root
        process = next((p for p in root.iter(bpmn("process")) if p.get("id") == key), None)
        if process is None:
            raise CannotRun(f"no process {key}", element_id=key, why="no such process")
        self.process = process
        top = specs.ProcessSpec(key)
        name = process.get("name") or key
        self.result = Specification(key, name, top, extensions=read(process))
        self.makers: dict[str, Maker] = {
            "startEvent": self.start,
            "endEvent": self.end,
            "userTask": self.plain(specs.UserTask),
            "manualTask": self.plain(specs.PassTask),
            "task": self.plain(specs.PassTask),
            "intermediateThrowEvent": self.throw,
            "serviceTask": self.operation,
            "sendTask": self.send,
            "businessRuleTask": self.decision,
            "scriptTask": self.script,
            "receiveTask": self.catch,
            "intermediateCatchEvent": self.catch,
            "boundaryEvent": self.boundary,
            "exclusiveGateway": self.plain(specs.ExclusiveGateway),
            "inclusiveGateway": self.plain(specs.InclusiveGateway),
            "parallelGateway": self.plain(specs.ParallelGateway),
            "eventBasedGateway": self.plain(specs.EventGateway),
            "subProcess": self.sub_process,
        }

    def build(self) -> Specification:
        self.fill(self.process, self.result.top)
        return self.result

    def fill(self, scope: Any, spec: specs.ProcessSpec) -> None:
        """Make the nodes of a scope, then the boundary splits, then the flows."""
        nodes = {}
        for node in scope.iterchildren(tag=bpmn("*")):
            kind = node.tag.rpartition("}")[2]
            if kind in _NO_NODES:
                continue
            maker = self.makers.get(kind)
            if maker is None:
                raise self.refuse(node, f"{kind} is not run")
            if node.find(bpmn("standardLoopCharacteristics")) is not None:
                raise self.refuse(node, "a loop marker is not run")
            repeats = node.find(bpmn(LOOP)) is not None
            made = self.repeated(spec, node, maker) if repeats else maker(spec, node)
            nodes[_attribute(node, "id")] = made
        self.attach(scope, spec, nodes)
        self.connect(scope, spec, nodes)

    def repeated(self, spec: specs.ProcessSpec, node: Any, maker: Maker) -> specs.Node:
        """Make the host of a multi-instance activity, and inside of it the activity itself."""
        loop = self.loop_of(node)
        common = self.common(node)
        host = loops.MultiInstance(
            spec,
            f"{common['name']}.loop",
            element_id=common["element_id"],
            label=common["label"],
            loop=loop,
        )
        inner = self.result.inner[host.name] = specs.ProcessSpec(host.name)
        spread = loops.Spread(inner, f"{host.name}.spread", loop)
        inner.start.connect(spread)
        each = maker(inner, node)
        each.loop = loop
        spread.connect(each)
        each.connect(inner.end)
        return host

    def loop_of(self, node: Any) -> loops.Loop:
        marker, said = node.find(bpmn(LOOP)), read_loop(node)
        if not said.get("inputCollection"):
            raise self.refuse(node, "its multi-instance marker names no input collection")
        condition = marker.find(bpmn("completionCondition"))
        return loops.Loop(
            collection=said["inputCollection"],
            element=said.get("inputElement", ""),
            output_collection=said.get("outputCollection", ""),
            output_element=said.get("outputElement", ""),
            condition="" if condition is None else (condition.text or "").strip(),
            sequential=marker.get("isSequential") == "true",
        )

    def attach(self, scope: Any, spec: specs.ProcessSpec, nodes: dict[str, specs.Node]) -> None:
        for node in scope.iterchildren(bpmn("boundaryEvent")):
            host = nodes.get(_attribute(node, "attachedToRef"))
            if host is None:
                raise self.refuse(node, "it is attached to nothing")
            name = f"{host.name}.split"
            split = spec.task_specs.get(name)
            if split is None:
                split = specs.BoundarySplit(spec, name, host.name)
                split.connect(host)
            split.connect(nodes[_attribute(node, "id")])

    def connect(self, scope: Any, spec: specs.ProcessSpec, nodes: dict[str, specs.Node]) -> None:
        for flow in scope.iterchildren(bpmn("sequenceFlow")):
            source = nodes.get(_attribute(flow, "sourceRef"))
            target = nodes.get(_attribute(flow, "targetRef"))
            if source is None or target is None:
                raise self.refuse(flow, "it leads nowhere")
            entry = spec.task_specs.get(f"{target.name}.split", target)
            source.connect(entry)
            self.result.flows.setdefault((source.name, entry.name), _attribute(flow, "id"))
            if isinstance(source, specs.ExclusiveGateway):
                self.choose(scope, source, flow, entry.name)
        for node in nodes.values():
            if isinstance(node, specs.BoundaryEvent):
                continue
            if isinstance(node, specs.EndEvent) or not node._outputs:
                node.connect(spec.end)
        self.finish(nodes, spec)

    def finish(self, nodes: dict[str, specs.Node], spec: specs.ProcessSpec) -> None:
        """Let the end wait for boundary paths that lead nowhere; check the number of starts."""
        starts = [n for n in nodes.values() if n in spec.start.outputs]
        if len(starts) != 1:
            raise CannotRun("one start event is needed", element_id=spec.name, why="start events")
        for node in nodes.values():
            if isinstance(node, specs.BoundaryEvent) and not node._outputs:
                node.connect(spec.end)

    def choose(self, scope: Any, gateway: specs.ExclusiveGateway, flow: Any, target: str) -> None:
        element = next(n for n in scope if n.get("id") == gateway.bpmn_id)
        condition = flow.find(bpmn("conditionExpression"))
        text = "" if condition is None else (condition.text or "").strip()
        if flow.get("id") == element.get("default"):
            gateway.default = target
        elif text:
            gateway.conditions.append((text, target))
        elif len([f for f in scope if f.get("sourceRef") == gateway.bpmn_id]) > 1:
            raise self.refuse(flow, "a flow of this gateway has neither condition nor default")

    def plain(self, kind: type[specs.Node]) -> Maker:
        return lambda spec, node: kind(spec, **self.common(node))

    def common(self, node: Any) -> dict[str, Any]:
        element_id = _attribute(node, "id")
        return {
            "name": spec_name(element_id),
            "element_id": element_id,
            "label": _attribute(node, "name"),
            "extensions": read(node),
        }

    def start(self, spec: specs.ProcessSpec, node: Any) -> specs.Node:
        made: specs.Node
        kind = self.kind_of(node)
        if kind == "message" and spec is self.result.top:
            name = self.message_name(node)
            made = specs.MessageStart(spec, **self.common(node), message_name=name)
        elif kind:
            raise self.refuse(node, f"a start event of kind {kind} is not run here")
        else:
            made = specs.PassTask(spec, **self.common(node))
        spec.start.connect(made)
        return made

    def end(self, spec: specs.ProcessSpec, node: Any) -> specs.Node:
        kind = self.kind_of(node)
        if kind not in ("", "terminate", "error", "message"):
            raise self.refuse(node, f"an end event of kind {kind} is not run")
        code = self.error_code(node) or "" if kind == "error" else None
        made = specs.EndEvent(
            spec, **self.common(node), terminates=kind == "terminate", error_code=code
        )
        if kind == "message":
            made.throws = self.message(node)
        return made

    def throw(self, spec: specs.ProcessSpec, node: Any) -> specs.Node:
        kind = self.kind_of(node)
        if kind == "message":
            return specs.ThrowEvent(spec, **self.common(node), throws=self.message(node))
        if kind:
            raise self.refuse(node, f"a throw event of kind {kind} is not run")
        return specs.PassTask(spec, **self.common(node))

    def send(self, spec: specs.ProcessSpec, node: Any) -> specs.Node:
        if read(node).task_type:
            return self.operation(spec, node)
        return specs.ThrowEvent(spec, **self.common(node), throws=self.message(node))

    def operation(self, spec: specs.ProcessSpec, node: Any) -> specs.Node:
        made = specs.OperationTask(spec, **self.common(node))
        if not made.extensions.task_type:
            raise self.refuse(node, "it names no operation")
        return made

    def decision(self, spec: specs.ProcessSpec, node: Any) -> specs.Node:
        extensions = read(node)
        if extensions.task_type:
            return self.operation(spec, node)
        if not extensions.decision_id:
            raise self.refuse(node, "it calls no decision")
        return specs.DecisionTask(spec, **self.common(node))

    def script(self, spec: specs.ProcessSpec, node: Any) -> specs.Node:
        extensions = read(node)
        if node.find(bpmn("script")) is not None or not extensions.script:
            raise self.refuse(node, "a script is FEEL in zeebe:script")
        return specs.ScriptTask(spec, **self.common(node))

    def catch(self, spec: specs.ProcessSpec, node: Any) -> specs.Node:
        return specs.CatchEvent(spec, **self.common(node), definition=self.waits_for(node))

    def boundary(self, spec: specs.ProcessSpec, node: Any) -> specs.Node:
        interrupts = node.get("cancelActivity", "true") != "false"
        definition: events.EventDefinition
        if self.kind_of(node) == "error":
            definition = events.ErrorDefinition(self.error_code(node))
        else:
            definition = self.waits_for(node)
        return specs.BoundaryEvent(
            spec, **self.common(node), definition=definition, interrupts=interrupts
        )

    def sub_process(self, spec: specs.ProcessSpec, node: Any) -> specs.Node:
        if node.get("triggeredByEvent") == "true":
            raise self.refuse(node, "an event sub-process is not run")
        common = self.common(node)
        inner = specs.ProcessSpec(common["name"])
        self.result.inner[inner.name] = inner
        self.fill(node, inner)
        return specs.SubProcess(spec, **common)

    def waits_for(self, node: Any) -> events.EventDefinition:
        kind = self.kind_of(node)
        if kind == "timer":
            return self.timer(node)
        if kind == "message" or node.tag == bpmn("receiveTask"):
            return self.message(node)
        raise self.refuse(node, f"an event of kind {kind or 'none'} is not run here")

    def timer(self, node: Any) -> events.TimerDefinition:
        found = self.definition_of(node)
        kinds: dict[str, events.TimerKind] = {
            "timeDate": "date",
            "timeDuration": "duration",
            "timeCycle": "cycle",
        }
        for tag, kind in kinds.items():
            text = found.find(bpmn(tag))
            if text is not None and (text.text or "").strip():
                return events.TimerDefinition(kind, text.text.strip())
        raise self.refuse(node, "its timer has no time")

    def message_of(self, node: Any) -> Any:
        found = self.definition_of(node)
        reference = (node if found is None else found).get("messageRef")
        return self.global_element("message", reference)

    def message_name(self, node: Any) -> str:
        message = self.message_of(node)
        if message is None or not message.get("name"):
            raise self.refuse(node, "its message has no name")
        return str(message.get("name"))

    def message(self, node: Any) -> events.MessageDefinition:
        message = self.message_of(node)
        subscription = read_subscription(message)
        if message is None or not message.get("name") or not subscription:
            raise self.refuse(node, "its message has no name or no correlation key")
        return events.MessageDefinition(message.get("name"), subscription)

    def error_code(self, node: Any) -> str | None:
        found = self.definition_of(node)
        error = self.global_element("error", found.get("errorRef"))
        return None if error is None else error.get("errorCode") or None

    def global_element(self, tag: str, reference: str | None) -> Any:
        if not reference:
            return None
        local = reference.rpartition(":")[2]
        return next((e for e in self.root.iterchildren(bpmn(tag)) if e.get("id") == local), None)

    def definition_of(self, node: Any) -> Any:
        return next((child for child in node if str(child.tag).endswith("EventDefinition")), None)

    def kind_of(self, node: Any) -> str:
        found = self.definition_of(node)
        return "" if found is None else found.tag.rpartition("}")[2][: -len("EventDefinition")]

    def refuse(self, node: Any, why: str) -> CannotRun:
        element = node.get("id") or ""
        return CannotRun(f"{element}: {why}", element_id=element, why=why)


def read_subscription(message: Any) -> str:
    """Return the correlation key expression of a ``bpmn:message``."""
    if message is None:
        return ""
    found = message.find(f"{bpmn('extensionElements')}/{zeebe('subscription')}")
    return "" if found is None else found.get("correlationKey") or ""
