"""Builders of decision tables for tests."""

from xml.sax.saxutils import escape, quoteattr


def column(expression, type_="number", label=""):
    return (
        f"<input id={quoteattr('in_' + expression)} label={quoteattr(label or expression)}>"
        f"<inputExpression id='e' typeRef={quoteattr(type_)}><text>{escape(expression)}</text>"
        "</inputExpression></input>"
    )


def output(name="result", type_="string", values="", default=""):
    parts = f"<outputValues><text>{escape(values)}</text></outputValues>" if values else ""
    if default:
        parts += f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>"
    return f"<output id='o_{name}' label='{name}' name='{name}' typeRef='{type_}'>{parts}</output>"


def rule(number, tests, outputs, note=""):
    cells = "".join(
        f"<inputEntry id='t{number}'><text>{escape(t)}</text></inputEntry>" for t in tests
    )
    cells += "".join(
        f"<outputEntry id='u{number}'><text>{escape(o)}</text></outputEntry>" for o in outputs
    )
    about = f"<description>{escape(note)}</description>" if note else ""
    return f"<rule id='rule_{number}'>{about}{cells}</rule>"


def table(rules, *, policy="UNIQUE", aggregation="", inputs=None, outputs=None, decision_id="d"):
    head = f' aggregation="{aggregation}"' if aggregation else ""
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="f" name="f" '
        f'namespace="x"><decision id="{decision_id}" name="表"><decisionTable id="t" '
        f'hitPolicy="{policy}"{head}>'
        + "".join(inputs if inputs is not None else [column("x")])
        + "".join(outputs if outputs is not None else [output()])
        + "".join(rule(n, *parts) for n, parts in enumerate(rules, start=1))
        + "</decisionTable></decision></definitions>"
    )
