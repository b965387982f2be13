"""Sentences about decision tables."""

DECISIONS: dict[str, tuple[str, str]] = {
    "dmn_no_decision": (
        "文件中没有决策。请上传建模工具导出的 .dmn 文件。",
        "The file holds no decision. Upload a .dmn file made by a modeler.",
    ),
    "dmn_several_decisions": (
        "一个文件只能有一个决策（现有 {decisions}）。请分成多个文件。",
        "A file may hold one decision only (found {decisions}). Split it into several.",
    ),
    "dmn_no_id": (
        "决策没有 id。请填写 id，供任务的 decisionId 引用。",
        "The decision has no id. Give it one for tasks to name.",
    ),
    "dmn_no_table": (
        "决策没有决策表（{found}）。目前只支持决策表。",
        "The decision has no table ({found}). Only decision tables run.",
    ),
    "dmn_no_rules": (
        "决策表没有规则。请至少添加一行。",
        "The decision table has no rules. Add at least one.",
    ),
    "dmn_unknown_type": (
        "类型“{type}”不可用。请选择 string、number、boolean、date、time、dateTime 等类型。",
        "The type “{type}” cannot be used. Choose string, number, boolean, date, time, dateTime …",
    ),
    "dmn_not_feel": (
        "表达式语言“{language}”不支持。请改用 FEEL。",
        "The expression language “{language}” does not run. Use FEEL.",
    ),
    "dmn_rule_no_id": (
        "第 {number} 行规则没有 id。请用建模工具重新保存。",
        "Rule {number} has no id. Save the table again with a modeler.",
    ),
    "dmn_unknown_hit_policy": (
        "命中策略“{policy}”不可用。请选择 UNIQUE、FIRST、PRIORITY、ANY、COLLECT、"
        "RULE ORDER 或 OUTPUT ORDER。",
        "The hit policy “{policy}” is unknown. Choose UNIQUE, FIRST, PRIORITY, ANY, COLLECT, "
        "RULE ORDER or OUTPUT ORDER.",
    ),
    "dmn_unknown_aggregation": (
        "汇总方式“{aggregation}”不可用。请选择 SUM、MIN、MAX 或 COUNT。",
        "The aggregation “{aggregation}” is unknown. Choose SUM, MIN, MAX or COUNT.",
    ),
    "dmn_aggregation_without_collect": (
        "命中策略 {policy} 不能汇总。请改为 COLLECT，或删除汇总方式。",
        "The hit policy {policy} cannot aggregate. Choose COLLECT or remove the aggregation.",
    ),
    "dmn_aggregation_of_several": (
        "汇总（{aggregation}）只能用于一个输出列。请拆分决策表。",
        "An aggregation ({aggregation}) works on one output column. Split the table.",
    ),
    "dmn_no_priorities": (
        "命中策略 {policy} 需要输出值的先后次序。请在输出列填写可选值。",
        "The hit policy {policy} needs an order of output values. List them in the output column.",
    ),
    "dmn_no_input_expression": (
        "第 {number} 个输入列没有表达式。请填写变量或表达式。",
        "Input column {number} has no expression. Give it a variable or an expression.",
    ),
    "dmn_no_output": (
        "决策表没有输出列。请至少添加一列。",
        "The decision table has no output column. Add at least one.",
    ),
    "dmn_output_name": (
        "输出列的名称“{name}”为空或重复。多个输出列须各有名称。",
        "The output name “{name}” is empty or used twice. Several outputs need names.",
    ),
    "dmn_cells": (
        "第 {rule} 行的单元格与列数不符。请用建模工具重新保存。",
        "Rule {rule} has not one cell for each column. Save the table again with a modeler.",
    ),
    "dmn_bad_feel": (
        "第 {rule} 行的“{expression}”不是正确的 FEEL（{reason}）。请改正（0 表示表头）。",
        "“{expression}” in rule {rule} is not FEEL ({reason}). Correct it (0 is the head).",
    ),
    "dmn_types": (
        "第 {rule} 行的“{expression}”与列的类型不符（{reason}）。请改正值或列的类型。",
        "“{expression}” in rule {rule} does not fit the column's type ({reason}).",
    ),
    "dmn_unquoted": (
        '第 {rule} 行的“{expression}”缺少引号，会被当作变量。文字请写作 "{expression}"。',
        "“{expression}” in rule {rule} has no quotes and would be a variable. Write "
        '"{expression}".',
    ),
}
