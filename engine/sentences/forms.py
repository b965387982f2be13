"""What can be wrong with a form."""

FORMS: dict[str, tuple[str, str]] = {
    "form_not_a_form": (
        "文件不是 form-js 表单。请用表单编辑器重新导出。",
        "The file is no form-js form. Export it again from the form editor.",
    ),
    "form_too_large": (
        "表单超过 {limit} 个组件或 {depth} 层。请拆分成几个任务。",
        "The form has more than {limit} components or {depth} levels. Split it over several tasks.",
    ),
    "form_unknown_type": (
        "组件类型“{type}”不能使用。请换成别的组件。",
        "Components of type “{type}” cannot be used. Choose another.",
    ),
    "form_unknown_subtype": (
        "日期时间组件的子类型“{subtype}”不正确。请选 date、time 或 datetime。",
        "The date component's subtype “{subtype}” is unknown. Choose date, time or datetime.",
    ),
    "form_no_options": (
        "没有可选项。请填写选项，或指明取自哪个变量。",
        "There is nothing to choose. Enter options or name the variable that has them.",
    ),
    "form_same_option": (
        "选项值“{value}”重复。请改成不同的值。",
        "The option value “{value}” occurs twice. Make the values different.",
    ),
    "form_unknown_grade": (
        "不认识的分级“{grade}”。请填 L1、L2、L3 或 L4。",
        "The grade “{grade}” is unknown. Enter L1, L2, L3 or L4.",
    ),
    "form_bad_pattern": (
        "格式“{pattern}”不是正确的正则表达式：{reason}。请改正。",
        "The pattern “{pattern}” is no regular expression: {reason}. Correct it.",
    ),
    "form_empty_range": (
        "最小值 {min} 大于最大值 {max}，填什么都不对。请改正。",
        "The minimum {min} exceeds the maximum {max}, so nothing would fit. Correct it.",
    ),
    "form_bad_limit": (
        "{name} 的“{value}”既不是数也不是 FEEL 表达式。请改正。",
        "“{value}” as {name} is neither a number nor a FEEL expression. Correct it.",
    ),
    "form_bad_feel": (
        "“{expression}”不是表单能用的 FEEL：{reason}。请改正。",
        "“{expression}” is not FEEL that a form can use: {reason}. Correct it.",
    ),
    "form_types": (
        "类型不合：{reason}。表单里的日期是文字，请先用 date(…) 转换。",
        "The types do not fit: {reason}. Dates in forms are text: convert them with date(…) first.",
    ),
    "form_condition_not_feel": (
        "条件“{expression}”没有以“=”开头，不会起作用。请在前面加“=”。",
        "The condition “{expression}” does not begin with “=”, so it has no effect. Add “=”.",
    ),
    "form_never_null": (
        '“{expression}”：空的文本框“{key}”是 "" 而不是 null。请改与 "" 比较。',
        '“{expression}”: the text field “{key}” is "" when empty, not null. Compare with "".',
    ),
    "form_bad_key": (
        "字段名“{key}”不能用。请用字母、数字、下划线，字母开头。",
        "“{key}” cannot be a key. Use letters, digits and underscores, beginning with a letter.",
    ),
    "form_reserved_key": (
        "字段名“{key}”另有含义，不能用。请改名。",
        "The key “{key}” has a meaning of its own. Choose another.",
    ),
    "form_same_key": (
        "字段名“{key}”重复。请改名。",
        "The key “{key}” is used twice. Rename one of them.",
    ),
    "form_key_inside_field": (
        "“{key}”的上级同时是一个字段。请改名。",
        "A part of “{key}” is a field itself. Rename one of them.",
    ),
}
