"""Sentences about expressions and variables."""

EXPRESSIONS: dict[str, tuple[str, str]] = {
    "feel_syntax": (
        "{what} 中的 FEEL 表达式“{text}”有误（{reason}）。请改正后再提交。",
        "The FEEL expression “{text}” in {what} is wrong ({reason}). Correct it.",
    ),
    "not_feel": (
        "{what} 中的“{text}”不是 FEEL 表达式。请改写为以 = 开头的 FEEL，如 =amount > 100。",
        "“{text}” in {what} is not FEEL. Write FEEL that begins with =, such as =amount > 100.",
    ),
    "types_differ": (
        "{what} 中的表达式“{text}”比较了不同类型的值（{reason}），结果会悄悄出错。"
        "请先转换，如 date(x)、number(x)，或改用同类型的变量。",
        "The expression “{text}” in {what} compares values of different types ({reason}) and "
        "would silently be wrong. Convert first, as in date(x) or number(x).",
    ),
    "unusable_type": (
        "{what} 中的表达式“{text}”得到的是 {found}，这里不能用。请改写表达式。",
        "The expression “{text}” in {what} yields a {found}, which cannot be used there.",
    ),
    "parameter_type": (
        "参数“{parameter}”需要 {wanted}，映射“{text}”给的是 {found}。请转换或改用其他变量。",
        "The parameter “{parameter}” needs a {wanted}; the mapping “{text}” gives a {found}. "
        "Convert it or use another variable.",
    ),
    "decision_input_type": (
        "决策表的输入“{input}”需要 {wanted}，流程中是 {found}。请改列的类型或先转换。",
        "The decision's input “{input}” needs a {wanted}; here it is a {found}. Change the "
        "column's type or convert first.",
    ),
    "no_such_output": (
        "{what} 读取了“{variable}.{output}”，但决策表没有这一输出。可用的输出：{known}。",
        "{what} reads “{variable}.{output}”, which the decision does not give. It gives: {known}.",
    ),
    "variable_never_set": (
        "{what} 用到变量“{variable}”，但没有表单、操作、决策或映射给它赋值；未赋值时为 null。",
        "{what} reads “{variable}”, which no form, operation, decision or mapping sets; it is "
        "null until something does.",
    ),
    "mapping_incomplete": (
        "映射“{target}”缺少来源或目标。请补全或删除。",
        "The mapping “{target}” lacks its source or its target. Complete or remove it.",
    ),
    "bad_variable_name": (
        "“{variable}”不能作变量名。请用文字、数字和下划线，不以数字开头，不含点。",
        "“{variable}” cannot be a variable. Use letters, digits and _, no dots, no digit first.",
    ),
    "reserved_name": (
        "“{variable}”是平台保留的名字。请换一个变量名。",
        "“{variable}” is reserved by the platform. Choose another name.",
    ),
}
