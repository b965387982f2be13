"""The one table of what runs: every BPMN element, event kind and zeebe extension has its row.

``docs/reference/bpmn.md`` is generated from it. What is not in the table is refused.
"""

from dataclasses import dataclass
from typing import Literal

Treatment = Literal["runs", "drawn", "ignored", "refused"]


@dataclass(frozen=True)
class Row:
    """How one element is treated, and in both languages what that means or what to do instead."""

    treatment: Treatment
    zh: str
    en: str


def _runs(zh: str, en: str) -> Row:
    return Row("runs", zh, en)


def _drawn(zh: str, en: str) -> Row:
    return Row("drawn", zh, en)


def _ignored(zh: str, en: str) -> Row:
    return Row("ignored", zh, en)


def _refused(zh: str, en: str) -> Row:
    return Row("refused", zh, en)


#: Children of a process or sub-process; events as ``element/kind``.
ELEMENTS: dict[str, Row] = {
    "startEvent/none": _runs(
        "流程或子流程的起点，可带启动表单", "Where a process begins; may have a form"
    ),
    "startEvent/message": _runs(
        "收到消息时办件开始；同一关联键的办件未结束前，后来的消息等候（子流程内不可用）",
        "A message starts a case; another of the same key waits until that case is over "
        "(not inside sub-processes)",
    ),
    "endEvent/none": _runs("一条路径的终点", "Where a path ends"),
    "endEvent/terminate": _runs(
        "结束所在流程或子流程的全部路径", "Ends every path of its process or sub-process"
    ),
    "endEvent/error": _runs(
        "抛出错误，由外层的错误边界事件接住", "Throws an error to a boundary event outside"
    ),
    "endEvent/message": _runs(
        "发出消息后结束；输入映射为消息内容，无人等待时默认保留 7 天（属性 timeToLive 可改）",
        "Throws a message and ends; input mappings are its payload, kept 7 days for who begins to "
        "wait later (property timeToLive)",
    ),
    "intermediateThrowEvent/message": _runs(
        "向其他办件发出消息，不停留；内容与保留时间同消息结束事件",
        "Throws a message to other cases and goes on; payload and keeping as for message ends",
    ),
    "intermediateThrowEvent/none": _runs("里程碑，不停留", "A milestone; does not wait"),
    "intermediateCatchEvent/timer": _runs("等到时间到", "Waits until it is time"),
    "intermediateCatchEvent/message": _runs("等到消息来", "Waits for a message"),
    "boundaryEvent/timer": _runs("到时中断或另起一路", "Interrupts or adds a path when it is time"),
    "boundaryEvent/message": _runs("消息到时中断或另起一路", "Interrupts or adds a path"),
    "boundaryEvent/error": _runs("接住任务或子流程的错误", "Catches an error of its activity"),
    "userTask": _runs("由人办理，须有表单与办理人", "Done by a person; needs a form and somebody"),
    "serviceTask": _runs("调用一个已登记的操作", "Calls a registered operation"),
    "sendTask": _runs(
        "调用一个已登记的操作；没有操作而有消息时，发出该消息",
        "Calls a registered operation; with a message instead, throws that message",
    ),
    "businessRuleTask": _runs("求值一张决策表", "Evaluates a decision table"),
    "scriptTask": _runs("计算一个 FEEL 表达式", "Evaluates a FEEL expression"),
    "receiveTask": _runs("等到消息来", "Waits for a message"),
    "task": _ignored(
        "无类型的任务不停留、不办理；需要人办理请改为用户任务",
        "A task without a type does not wait; make it a user task if a person should do it",
    ),
    "manualTask": _ignored(
        "手工任务不停留、不办理；需要人确认请改为用户任务",
        "A manual task does not wait; make it a user task if a person should confirm it",
    ),
    "subProcess": _runs("嵌入式子流程", "An embedded sub-process"),
    "exclusiveGateway": _runs("按条件选一路", "Takes the first flow that applies"),
    "inclusiveGateway": _runs("按条件选一路或多路", "Takes every flow that applies"),
    "parallelGateway": _runs("同时走每一路，并等齐", "Takes every flow and waits for all"),
    "eventBasedGateway": _runs("等最先发生的事件", "Waits for the first of its events"),
    "sequenceFlow": _runs("顺序流", "The order of things"),
    "laneSet": _drawn("泳道只是图示，权限看办理人设置", "Lanes are drawing; assignment decides"),
    "textAnnotation": _drawn("批注", "A note"),
    "association": _drawn("批注的连线", "The line to a note"),
    "group": _drawn("分组框", "A frame around elements"),
    "documentation": _drawn("说明文字", "Text about an element"),
    "extensionElements": _drawn("扩展设置的容器", "Holds the extension settings"),
    "ioSpecification": _drawn("数据说明；传值请用输入输出映射", "About data; mappings pass values"),
    "dataObject": _drawn("数据对象只是图示；传值请用变量", "Drawing only; use variables"),
    "dataObjectReference": _drawn("数据对象只是图示；传值请用变量", "Drawing only; use variables"),
    "property": _drawn("属性说明", "A described property"),
    "dataStoreReference": _refused(
        "不支持数据存储。请改用服务任务调用操作来读写", "Data stores do not run. Call an operation"
    ),
    "callActivity": _refused(
        "暂不支持调用活动。请改为嵌入式子流程",
        "Call activities do not run yet. Draw an embedded sub-process instead",
    ),
    "transaction": _refused(
        "不支持事务子流程。请改为普通子流程并画出回退步骤",
        "Transactions do not run. Use a sub-process and draw the steps back",
    ),
    "adHocSubProcess": _refused(
        "不支持自由子流程。请改为用网关画出可选步骤",
        "Ad-hoc sub-processes do not run. Draw the choices with gateways",
    ),
    "subProcess/event": _refused(
        "暂不支持事件子流程。请改用子流程上的边界事件",
        "Event sub-processes do not run yet. Use a boundary event on a sub-process",
    ),
    "complexGateway": _refused(
        "不支持复杂网关。请改用排他、并行或包容网关",
        "Complex gateways do not run. Use an exclusive, parallel or inclusive gateway",
    ),
    "multiInstanceLoopCharacteristics": _runs(
        "对列表中的每一项办理一次，同时或依次", "Done for each item of a list, at once or in turn"
    ),
    "standardLoopCharacteristics": _refused(
        "不支持循环标记。请用排他网关画出循环",
        "Loop markers do not run. Draw the loop with a gateway",
    ),
    "startEvent/timer": _refused(
        "暂不支持定时启动。请使用普通开始事件",
        "Timer starts do not run yet. Use a none start event",
    ),
    "endEvent/cancel": _refused(
        "不支持取消结束事件。请改用错误结束事件", "Cancel ends do not run. Use an error end event"
    ),
}

#: Kinds of events that are refused wherever they are drawn.
EVENTS: dict[str, Row] = {
    "link": _refused(
        "不支持链接事件，否则流程会停在这里。请直接画顺序流",
        "Link events would stop the case here. Draw a sequence flow instead",
    ),
    "signal": _refused(
        "不支持信号事件。请改用定时或消息事件", "Signal events do not run. Use a message event"
    ),
    "escalation": _refused(
        "不支持升级事件。请改用不中断的定时边界事件",
        "Escalation events do not run. Use a non-interrupting timer boundary event",
    ),
    "compensate": _refused(
        "不支持补偿事件。请用服务任务画出撤销步骤",
        "Compensation does not run. Draw the undoing as service tasks",
    ),
    "conditional": _refused(
        "不支持条件事件。请改用定时或消息事件后再判断",
        "Conditional events do not run. Wait with a timer or message, then decide",
    ),
    "cancel": _refused(
        "不支持取消事件。请改用错误或消息边界事件",
        "Cancel events do not run. Use an error or message",
    ),
    "multiple": _refused(
        "不支持多重事件。请每个事件各画一个", "Multiple events do not run. Draw one event for each"
    ),
    "reference": _refused(
        "不支持引用式事件定义。请在事件上直接设置", "Referenced event definitions do not run"
    ),
    "error": _refused(
        "此处不能接住错误。请改用边界事件", "Errors are not caught here. Use a boundary event"
    ),
    "terminate": _refused("终止只能用于结束事件", "Only an end event can terminate"),
    "timer": _refused("此处不能使用定时", "A timer cannot be used here"),
    "message": _refused("此处不能使用消息", "A message cannot be used here"),
    "none": _refused("此处的事件必须指定种类", "An event here needs a kind"),
}

#: What may stand inside an element besides event definitions.
INSIDE: dict[str, Row] = {
    "incoming": _drawn("入线登记", "Lists incoming flows"),
    "outgoing": _drawn("出线登记", "Lists outgoing flows"),
    "documentation": ELEMENTS["documentation"],
    "extensionElements": ELEMENTS["extensionElements"],
    "ioSpecification": ELEMENTS["ioSpecification"],
    "property": ELEMENTS["property"],
    "completionCondition": _runs("多实例提前结束的条件", "Ends a multi-instance early"),
    "conditionExpression": _runs("顺序流的条件（FEEL）", "A flow's condition (FEEL)"),
    "multiInstanceLoopCharacteristics": ELEMENTS["multiInstanceLoopCharacteristics"],
    "standardLoopCharacteristics": ELEMENTS["standardLoopCharacteristics"],
    "dataInputAssociation": _drawn("数据连线只是图示", "Drawing only"),
    "dataOutputAssociation": _drawn("数据连线只是图示", "Drawing only"),
    "dataInput": _drawn("数据说明", "About data"),
    "dataOutput": _drawn("数据说明", "About data"),
    "inputSet": _drawn("数据说明", "About data"),
    "outputSet": _drawn("数据说明", "About data"),
    "script": _refused(
        "不执行脚本。请删除脚本，改用 FEEL 表达式（zeebe:script）",
        "Scripts never run. Remove it and use a FEEL expression (zeebe:script)",
    ),
    "potentialOwner": _refused(
        "不支持 BPMN 的潜在办理人。请用任务的办理人设置",
        "Potential owners do not count. Use the task's assignment",
    ),
    "humanPerformer": _refused(
        "不支持 BPMN 的执行人。请用任务的办理人设置",
        "Performers do not count. Use the task's assignment",
    ),
    "performer": _refused(
        "不支持 BPMN 的执行人。请用任务的办理人设置",
        "Performers do not count. Use the task's assignment",
    ),
    "resourceRole": _refused(
        "不支持 BPMN 的资源角色。请用任务的办理人设置",
        "Resource roles do not count. Use the task's assignment",
    ),
}

#: Children of ``bpmn:definitions``.
TOP: dict[str, Row] = {
    "process": _runs("流程", "The process"),
    "message": _runs("消息，须有名称与关联键", "A message with a name and a correlation key"),
    "error": _runs("错误代码", "An error code"),
    "collaboration": _drawn("泳池与消息流只是图示", "Pools and message flows are drawing"),
    "category": _drawn("分组名称", "Names of groups"),
    "itemDefinition": _drawn("数据说明", "About data"),
    "documentation": ELEMENTS["documentation"],
    "extensionElements": ELEMENTS["extensionElements"],
    "signal": _ignored("信号不会触发任何事", "Signals trigger nothing"),
    "escalation": _ignored("升级不会触发任何事", "Escalations trigger nothing"),
    "dataStore": _refused(
        "不支持数据存储。请改用操作来读写", "Data stores do not run. Call an operation"
    ),
    "import": _refused(
        "不支持引入其他文件。请画在同一文件中", "Imports do not run. Draw it in one file"
    ),
}

#: Extension elements of the zeebe namespace.
EXTENSIONS: dict[str, Row] = {
    "taskDefinition": _runs("操作的名称（type）", "The operation's name (type)"),
    "ioMapping": _runs("输入输出映射", "Input and output mappings"),
    "formDefinition": _runs("表单（formId）", "The form (formId)"),
    "assignmentDefinition": _runs("办理人、候选组、候选人", "Assignee, candidate groups and users"),
    "taskSchedule": _runs("到期与跟进时间", "Due and follow-up dates"),
    "priorityDefinition": _runs("优先级", "Priority"),
    "calledDecision": _runs("决策表与结果变量", "The decision and its result variable"),
    "subscription": _runs("消息的关联键", "A message's correlation key"),
    "script": _runs("FEEL 表达式与结果变量", "A FEEL expression and its result variable"),
    "properties": _runs("附加属性（series、caseTitle）", "Properties (series, caseTitle)"),
    "userTask": _drawn("建模工具的标记", "A mark of the modeler"),
    "executionListeners": _ignored("执行监听器不会运行", "Execution listeners do not run"),
    "taskListeners": _ignored("任务监听器不会运行", "Task listeners do not run"),
    "taskHeaders": _ignored("任务头不会使用", "Task headers are not used"),
    "versionTag": _ignored(
        "版本标签不会使用，版本由平台编号", "The platform numbers versions itself"
    ),
    "linkedResources": _ignored("关联资源不会使用", "Linked resources are not used"),
    "jobPriorityDefinition": _ignored("作业优先级不会使用", "Job priorities are not used"),
    "userTaskForm": _refused(
        "不支持内嵌表单。请另存为 .form 文件并填写 formId",
        "Embedded forms do not run. Save it as a .form file and name its formId",
    ),
    "calledElement": _refused("暂不支持调用活动", "Call activities do not run yet"),
    "loopCharacteristics": _runs(
        "多实例的输入集合与元素、输出集合与元素（各轮另有 loopCounter）",
        "The lists and elements of a multi-instance; each round has a loopCounter",
    ),
    "adHoc": _refused("不支持自由子流程", "Ad-hoc sub-processes do not run"),
    "conditionalFilter": _refused("不支持条件事件", "Conditional events do not run"),
}

_UNKNOWN = _refused(
    "平台不认识这个元素，不会猜测其含义。请改用支持的元素",
    "This element is unknown here and will not be guessed at. Use a supported one",
)


def row_of_event(element: str, event: str) -> Row:
    """Return the row of an event element with its kind of event."""
    return ELEMENTS.get(f"{element}/{event}") or EVENTS.get(event) or _UNKNOWN


def row(table: dict[str, Row], name: str) -> Row:
    """Return an element's row; unknown elements are refused."""
    return table.get(name) or _UNKNOWN
