"""Sentences about the elements of a diagram and the way through it."""

DIAGRAMS: dict[str, tuple[str, str]] = {
    "not_bpmn": (
        "这不是 BPMN 2.0 文件（根元素是 {found}）。请上传建模工具导出的 .bpmn 文件。",
        "This is not BPMN 2.0 (its root is {found}). Upload a .bpmn file made by a modeler.",
    ),
    "no_executable_process": (
        "没有可执行的流程。请在流程属性中勾选“可执行”。",
        "No process is executable. Tick “Executable” in the properties of the process.",
    ),
    "second_executable_process": (
        "一个文件只能有一个可执行流程。请把其他流程放到另一个文件。",
        "A file may have one executable process only. Put this one into a file of its own.",
    ),
    "no_process_id": (
        "流程没有 id。请填写 id，平台以它区分流程。",
        "The process has no id. Give it one; the platform knows processes by it.",
    ),
    "process_not_executable": (
        "该流程未勾选“可执行”，只作图示，不会运行。",
        "This process is not executable: it is drawing only and will not run.",
    ),
    "bad_id": (
        "id“{id}”不可用。请以英文字母或下划线开头，只用字母、数字、点、横线，"
        "不超过 {limit} 个字符。",
        "The id “{id}” cannot be used. Begin with a letter or _, then letters, digits, dots and "
        "dashes only, at most {limit} characters.",
    ),
    "no_id": (
        "有一个 {element} 元素没有 id。请在建模工具中为它填写 id。",
        "A {element} has no id. Give it one in the modeler.",
    ),
    "duplicate_id": (
        "id“{id}”被多个元素使用。请改为各不相同的 id。",
        "The id “{id}” is used more than once. Give each element its own.",
    ),
    "process_without_start": (
        "流程没有开始事件。请画一个普通开始事件。",
        "The process has no start event. Draw a none start event.",
    ),
    "sub_process_without_start": (
        "子流程没有开始事件。请在子流程内画一个普通开始事件。",
        "The sub-process has no start event. Draw a none start event inside it.",
    ),
    "process_without_end": (
        "流程没有结束事件。请让每条路径以结束事件收尾。",
        "The process has no end event. Let every path end in one.",
    ),
    "sub_process_without_end": (
        "子流程没有结束事件。请在子流程内让每条路径以结束事件收尾。",
        "The sub-process has no end event. Let every path inside it end in one.",
    ),
    "second_start": (
        "这里已有另一个开始事件。请只保留一个。",
        "There is another start event here already. Keep one only.",
    ),
    "element_refused": (
        "{zh}。（{element}）",
        "{en}. ({element})",
    ),
    "element_ignored": (
        "{zh}。（{element}）",
        "{en}. ({element})",
    ),
    "attribute_refused": (
        "设置 {attribute}=“{value}”不支持，会被悄悄忽略。请在建模工具中取消该设置。",
        "The setting {attribute}=“{value}” does not run and would silently be ignored. Remove it.",
    ),
    "foreign_extension": (
        "{product} 的扩展设置在本平台不起作用，将被忽略。请改用 zeebe 扩展的对应设置。",
        "Extension settings of {product} have no effect here. Use the zeebe settings instead.",
    ),
    "loose_flow": (
        "顺序流没有连到同一层的两个元素（从 {source} 到 {target}）。请重新连线；"
        "进出子流程请连到子流程本身。",
        "The flow does not join two elements of one level (from {source} to {target}). Draw it "
        "again; to enter or leave a sub-process, connect the sub-process itself.",
    ),
    "loose_default": (
        "默认流“{flow}”不是从这里出去的。请重新指定默认流。",
        "The default flow “{flow}” does not leave from here. Choose the default again.",
    ),
    "flow_without_condition": (
        "从网关“{gateway}”出去的这条流没有条件，也不是默认流。请填写条件或设为默认流。",
        "This flow out of the gateway “{gateway}” has no condition and is not the default. "
        "Give it a condition or make it the default.",
    ),
    "condition_on_default": (
        "网关“{gateway}”的默认流不会看条件。请删除条件，或另设默认流。",
        "The default flow of “{gateway}” does not look at its condition. Remove it, or choose "
        "another default.",
    ),
    "gateway_without_default": (
        "网关没有默认流；所有条件都不成立时，办件会停下等待处理。建议设一条默认流。",
        "The gateway has no default flow: where no condition holds, the case stops with an "
        "incident. Consider a default.",
    ),
    "condition_outside_gateway": (
        "从“{source}”出去的条件不会被求值。请先画一个排他网关，把条件放在网关之后。",
        "The condition on a flow out of “{source}” is never evaluated. Draw an exclusive "
        "gateway first and put the condition behind it.",
    ),
    "implicit_split": (
        "从这里直接引出 {count} 条流。请用并行网关（都走）或排他网关（选一）明确表示。",
        "{count} flows leave from here. Draw a parallel gateway (all) or an exclusive one (one).",
    ),
    "double_flow": (
        "这里到“{target}”已有另一条流，无法分辨走了哪一条。请合并为一条，条件用 or 连接。",
        "Another flow leads from here to “{target}” already; nobody could tell which was taken. "
        "Make them one, with or between the conditions.",
    ),
    "event_gateway_too_few": (
        "事件网关至少要有两个等待的事件。",
        "An event-based gateway needs two or more events to wait for.",
    ),
    "event_gateway_target": (
        "事件网关之后只能是等待的定时、消息事件或接收任务，且只有这一条入线；“{target}”不是。",
        "An event-based gateway leads only to timers, messages or receive tasks with no other "
        "incoming flow; “{target}” is none of these.",
    ),
    "flow_into_start": (
        "不能有流进入开始事件或边界事件。请把流连到它之后的元素。",
        "No flow may lead into a start or boundary event. Lead it to what comes after.",
    ),
    "flow_out_of_end": (
        "结束事件之后不能再有流。请改用中间事件。",
        "No flow may leave an end event. Use an intermediate event instead.",
    ),
    "unreachable": (
        "从开始事件走不到这里。请连上线，或删除这个元素。",
        "There is no way here from the start. Connect it or remove it.",
    ),
    "dead_end": (
        "路径在这里断了。请连到下一步或结束事件。",
        "The path stops here. Connect it to the next step or to an end event.",
    ),
    "no_way_out": (
        "从这里走不到任何结束事件。请加一条通向结束的路径。",
        "There is no way from here to an end event. Draw one.",
    ),
    "endless_loop": (
        "这里的循环既不等待也不判断，会无休止地转下去。请在循环中加入等待或排他网关。",
        "This loop neither waits nor decides and would turn for ever. Put an event that waits "
        "or an exclusive gateway into it.",
    ),
    "timer_without_time": (
        "定时事件没有时间，或填了不止一种。请填写日期、时长或周期之一。",
        "The timer has no time, or more than one. Give it a date, a duration or a cycle.",
    ),
    "bad_time": (
        "“{text}”不是可用的时间。请用 ISO 8601（如 P2D、PT4H、2026-12-01T09:00:00+08:00、"
        "R3/PT1H），或以 = 开头的 FEEL 表达式。",
        "“{text}” is no usable time. Write ISO 8601 (P2D, PT4H, 2026-12-01T09:00:00+08:00, "
        "R3/PT1H) or a FEEL expression that begins with =.",
    ),
    "cycle_in_catch": (
        "中间定时事件不能用周期，只会等一次。请改用时长或日期。",
        "An intermediate timer waits once and cannot have a cycle. Use a duration or a date.",
    ),
    "no_message": (
        "没有指定消息。请选择或新建一个消息。",
        "No message is chosen. Choose or create one.",
    ),
    "message_without_name": (
        "消息没有名称。请填写名称，外部按名称发送。",
        "The message has no name. Give it one; senders use it.",
    ),
    "message_name_not_fixed": (
        "消息名称不能是表达式。请填写固定名称，用关联键区分办件。",
        "A message's name cannot be an expression. Write a fixed name and tell cases apart by "
        "the correlation key.",
    ),
    "message_without_key": (
        "消息“{message}”没有关联键。请在消息的“订阅关联键”中填写 FEEL 表达式，如 =case.number。",
        "The message “{message}” has no correlation key. Give its subscription a FEEL "
        "expression such as =case.number.",
    ),
    "message_start_inside": (
        "子流程不能由消息启动。请在子流程内使用普通开始事件。",
        "A message cannot start a sub-process. Use a none start event inside it.",
    ),
    "form_on_message_start": (
        "消息启动的流程没有人填写启动表单。请删除表单，数据取自消息内容。",
        "Nobody fills in a form where a message starts the process. Remove it; the message "
        "brings the values.",
    ),
    "error_without_code": (
        "没有指定错误代码。请选择一个带代码的错误。",
        "No error code is given. Choose an error that has a code.",
    ),
    "error_code_not_fixed": (
        "错误代码不能是表达式。请填写固定代码。",
        "An error code cannot be an expression. Write a fixed code.",
    ),
    "error_never_thrown": (
        "这里不会产生错误“{error}”，这条路永远走不到。可能产生的错误：{known}。",
        "The error “{error}” is never thrown here. What may be thrown: {known}.",
    ),
    "boundary_without_host": (
        "边界事件没有附着在任何活动上。请把它拖到任务或子流程的边上。",
        "The boundary event is attached to nothing. Drag it onto a task or a sub-process.",
    ),
    "boundary_on_wrong_host": (
        "边界事件不能附着在 {host} 上。请附着在任务或子流程上。",
        "A boundary event cannot sit on a {host}. Attach it to a task or a sub-process.",
    ),
    "error_must_interrupt": (
        "错误边界事件必须是中断的。请改为中断。",
        "An error boundary event always interrupts. Make it interrupting.",
    ),
    "no_form": (
        "没有指定表单。请填写 formId，指向同目录或已发布的表单。",
        "No form is named. Give its formId: a form of this folder or a published one.",
    ),
    "unknown_form": (
        "找不到表单“{form}”。请一并提交该表单，或改为已发布的表单。",
        "There is no form “{form}”. Provide it too, or name a published one.",
    ),
    "binding_refused": (
        "不支持绑定方式“{binding}”，平台总用最新发布的版本。请改为 latest。",
        "The binding “{binding}” does not run: the latest version is used. Choose latest.",
    ),
    "task_for_nobody": (
        "没有人能办理这个任务。请填写办理人、候选人或候选组。",
        "Nobody could do this task. Give an assignee, candidate users or candidate groups.",
    ),
    "unknown_person": (
        "“{person}”不是人员编号。请用 FEEL 表达式指定，如 =case.initiator。",
        "“{person}” identifies no person. Use a FEEL expression such as =case.initiator.",
    ),
    "unknown_group": (
        "没有名为“{group}”的角色。请使用平台的角色，如 instrument_manager、"
        "department_officer:science。",
        "There is no role “{group}”. Use one of the platform's, such as instrument_manager or "
        "department_officer:science.",
    ),
    "bad_priority": (
        "优先级“{text}”不可用。请填 0 到 100 的整数或 FEEL 表达式。",
        "The priority “{text}” cannot be used. Give an integer from 0 to 100 or FEEL.",
    ),
    "no_operation": (
        "没有指定操作。请从目录中选择一个操作（任务类型）。",
        "No operation is named. Choose one from the catalogue (task type).",
    ),
    "unknown_operation": (
        "没有名为“{operation}”的操作。请从目录中选择：{known}。",
        "There is no operation “{operation}”. Choose from the catalogue: {known}.",
    ),
    "retries_ignored": (
        "重试次数不起作用，平台对所有操作统一重试。",
        "The number of retries has no effect: the platform retries all operations alike.",
    ),
    "unknown_parameter": (
        "操作“{operation}”没有参数“{parameter}”。它的参数：{known}。",
        "The operation “{operation}” has no parameter “{parameter}”. It has: {known}.",
    ),
    "missing_parameter": (
        "缺少操作“{operation}”必需的参数“{parameter}”。请添加输入映射。",
        "The operation “{operation}” needs the parameter “{parameter}”. Add an input mapping.",
    ),
    "no_decision": (
        "没有指定决策表。请填写 decisionId。",
        "No decision is named. Give its decisionId.",
    ),
    "decision_not_fixed": (
        "决策表不能用表达式指定。请填写固定的 decisionId。",
        "A decision cannot be named by an expression. Write a fixed decisionId.",
    ),
    "unknown_decision": (
        "找不到决策表“{decision}”。请一并提交该决策表，或改为已发布的决策表。",
        "There is no decision “{decision}”. Provide it too, or name a published one.",
    ),
    "no_result_variable": (
        "没有指定结果变量，结果会丢失。请填写 resultVariable。",
        "No result variable is named and the result would be lost. Give a resultVariable.",
    ),
    "script_refused": (
        "不执行 {language} 脚本。请删除脚本，改用 FEEL 表达式（zeebe:script）或服务任务。",
        "Scripts ({language}) never run. Use a FEEL expression (zeebe:script) or a service task.",
    ),
    "script_without_feel": (
        "脚本任务没有 FEEL 表达式。请填写以 = 开头的表达式。",
        "The script task has no FEEL expression. Give one that begins with =.",
    ),
    "loop_without_items": (
        "多实例没有输入集合。请填写以 = 开头、结果为列表的表达式，如 =experts。",
        "The multi-instance has no input collection. Give a FEEL expression that yields a list, "
        "such as =experts.",
    ),
    "loop_output_incomplete": (
        "多实例的输出集合与输出元素须同时填写。请补上另一项，或都留空。",
        "Output collection and output element go together. Give both or neither.",
    ),
    "loop_on_wrong_element": (
        "{element} 不能设为多实例。请用于任务或嵌入式子流程。",
        "A {element} cannot be multi-instance. Use it on a task or an embedded sub-process.",
    ),
    "loop_setting_refused": (
        "多实例的设置 {setting} 不支持，会被悄悄忽略。请删除，改用输入集合与完成条件。",
        "The multi-instance setting {setting} does not run and would silently be ignored. Use "
        "the input collection and a completion condition.",
    ),
    "cannot_run": (
        "引擎无法运行该图：{reason}。",
        "The engine cannot run this diagram: {reason}.",
    ),
}
