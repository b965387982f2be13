"""Sentences about files that cannot be read, and about the set of files."""

FILES: dict[str, tuple[str, str]] = {
    "xml_unreadable": (
        "第 {line} 行不是规范的 XML（{reason}）。请用建模工具重新导出该文件。",
        "Line {line} is not well-formed XML ({reason}). Export the file again from a modeler.",
    ),
    "xml_doctype": (
        "第 {line} 行含有 DOCTYPE 或实体声明，出于安全一律不接受。请删除该声明后再上传。",
        "Line {line} has a DOCTYPE or an entity, which is never accepted. Remove it and try again.",
    ),
    "xml_too_big": (
        "文件超过 {limit} MB。请拆分为较小的流程。",
        "The file exceeds {limit} MB. Split it into smaller processes.",
    ),
    "xml_too_deep": (
        "元素嵌套超过 {limit} 层。请减少子流程的嵌套。",
        "Elements are nested deeper than {limit}. Nest fewer sub-processes.",
    ),
    "xml_too_many_elements": (
        "元素超过 {limit} 个。请拆分为较小的流程。",
        "There are more than {limit} elements. Split it into smaller processes.",
    ),
    "unknown_file": (
        "不认识的文件类型“{name}”。请提供 .bpmn、.dmn 或 .form 文件。",
        "“{name}” is of no known kind. Provide a .bpmn, .dmn or .form file.",
    ),
    "nothing_to_publish": (
        "没有找到流程、决策或表单文件。请提供 .bpmn、.dmn 或 .form 文件。",
        "There is no process, decision or form. Provide .bpmn, .dmn or .form files.",
    ),
    "form_unreadable": (
        "第 {line} 行不是规范的 JSON（{reason}）。请用表单编辑器重新导出该文件。",
        "Line {line} is not JSON ({reason}). Export the form again from the form editor.",
    ),
    "words_unreadable": (
        "英文词表必须是“中文: 英文”的 JSON 对象（{reason}）。",
        "The English words must be a JSON object of Chinese text to English ({reason}).",
    ),
    "same_key_twice": (
        "“{key}”在多个文件中重复定义。请只保留一个。",
        "“{key}” is defined in more than one file. Keep one of them.",
    ),
    "breaks_process": (
        "已发布的流程“{process}”将因此出错：{zh} 请一并修改该流程。",
        "The published process “{process}” would break: {en} Change it together with this.",
    ),
    "form_too_big": (
        "表单超过 {limit} KB。请拆分为较小的表单。",
        "The form exceeds {limit} KB. Split it into smaller forms.",
    ),
    "form_without_id": (
        "表单没有 id，或 id 超过 100 个字符。请在表单属性中填写 id，供任务的 formId 引用。",
        "The form has no id, or one longer than 100 characters. Give it one for tasks to name.",
    ),
}
