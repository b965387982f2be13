// Inference of FEEL types, enough to refuse text compared with dates and numbers with text.
import { children, nameOf } from "./inspect.mjs";

const SCALARS = new Set(["string", "number", "boolean", "date", "time", "date-time", "duration"]);

const RESULTS = {
  string: "string",
  number: "number",
  now: "date-time",
  today: "date",
  "last day of month": "date",
  "years and months duration": "duration",
};
const RESULT_GROUPS = {
  string: [
    "substring", "upper case", "lower case", "substring before", "substring after", "replace",
    "string join", "trim", "day of week", "month of year", "to json",
  ],
  number: [
    "string length", "count", "sum", "mean", "product", "median", "stddev", "decimal", "floor",
    "ceiling", "round up", "round down", "round half up", "round half down", "modulo", "sqrt",
    "log", "exp", "day of year", "week of year",
  ],
  boolean: [
    "not", "contains", "matches", "starts with", "ends with", "list contains", "all", "any", "odd",
    "even", "is", "before", "after", "meets", "met by", "overlaps", "includes", "is defined",
    "is empty", "is blank",
  ],
  list: [
    "split", "sublist", "append", "concatenate", "insert before", "remove", "reverse", "index of",
    "union", "distinct values", "flatten", "mode", "sort", "get entries", "list replace",
    "duplicate values", "extract",
  ],
  context: ["context", "context merge", "context put"],
};
for (const [type, names] of Object.entries(RESULT_GROUPS)) {
  names.forEach((name) => (RESULTS[name] = type));
}

const PARTS = new Set(["year", "month", "day", "hour", "minute", "second", "weekday", "years",
  "months", "days", "hours", "minutes", "seconds"]);
const TEMPORAL = new Set(["date", "time", "date-time", "duration"]);

function plus(left, right) {
  if (left === right) return left === "string" || left === "number" || left === "duration";
  return TEMPORAL.has(left) && TEMPORAL.has(right) && (left === "duration" || right === "duration");
}

function minus(left, right) {
  if (left === right) return left === "number" || TEMPORAL.has(left);
  return TEMPORAL.has(left) && left !== "duration" && TEMPORAL.has(right);
}

function resultOf(operator, left, right) {
  if (left === "any" || right === "any") return "any";
  if (operator === "-" && left === right && TEMPORAL.has(left)) return "duration";
  return left === "duration" ? right : left;
}

/** Walks a tree, returns the type of each node and collects problems. */
export class Checker {
  constructor(expression, types, input) {
    this.expression = expression;
    this.types = types;
    this.input = input ?? "any";
    this.problems = [];
    this.blind = 0;
    this.bound = [];
  }

  text(node) {
    return this.expression.slice(node.from, node.to);
  }

  check(node) {
    const typed = this[`of${node.name}`];
    if (typed) {
      return typed.call(this, node) ?? "any";
    }
    const types = children(node).map((child) => this.check(child));
    return types.length === 1 ? types[0] : "any";
  }

  report(node, what) {
    this.problems.push(`${this.text(node)}: ${what}`);
  }

  compare(node, left, right) {
    if (left !== right && SCALARS.has(left) && SCALARS.has(right)) {
      this.report(node, `${left} compared with ${right}`);
    }
  }

  ofNumericLiteral() {
    return "number";
  }

  ofStringLiteral() {
    return "string";
  }

  ofBooleanLiteral() {
    return "boolean";
  }

  ofVariableName(node) {
    const name = nameOf(node, this.expression);
    return this.blind > 0 || this.bound.includes(name) ? "any" : (this.types[name] ?? "any");
  }

  "of?"() {
    return this.input;
  }

  ofQualifiedName() {
    return "any";
  }

  ofDateTimeLiteral(node) {
    const [first] = children(node);
    children(node).slice(1).forEach((child) => this.check(child));
    if (first.name === "AtLiteral") {
      return ofAt(this.text(first).replace(/^@\s*"|"$/g, ""));
    }
    const name = this.text(first).replace(/\s+/g, " ");
    return name === "date and time" ? "date-time" : name;
  }

  ofPathExpression(node) {
    const [target, , property] = children(node);
    const type = this.check(target);
    const path = this.pathOf(node);
    if (path !== null && this.blind === 0 && path in this.types) {
      return this.types[path];
    }
    return TEMPORAL.has(type) && PARTS.has(this.text(property)) ? "number" : "any";
  }

  pathOf(node) {
    if (node.name === "VariableName") {
      const name = nameOf(node, this.expression);
      return this.bound.includes(name) ? null : name;
    }
    if (node.name !== "PathExpression") {
      return null;
    }
    const [target, , property] = children(node);
    const path = this.pathOf(target);
    return path === null ? null : `${path}.${nameOf(property, this.expression)}`;
  }

  ofFunctionInvocation(node) {
    const [target, ...rest] = children(node);
    rest.forEach((child) => this.check(child));
    return target.name === "VariableName" ? RESULTS[nameOf(target, this.expression)] : "any";
  }

  ofFilterExpression(node) {
    const [target, ...rest] = children(node);
    this.check(target);
    this.blind += 1;
    rest.forEach((child) => this.check(child));
    this.blind -= 1;
    return "any";
  }

  ofForExpression(node) {
    this.iterate(node);
    return "list";
  }

  ofQuantifiedExpression(node) {
    this.iterate(node);
    return "boolean";
  }

  iterate(node) {
    const before = this.bound;
    for (const child of children(node)) {
      if (child.name !== "InExpressions") {
        this.check(child);
        continue;
      }
      for (const part of children(child)) {
        const [name, , source] = children(part);
        if (source) this.check(source);
        if (name) this.bound = [...this.bound, nameOf(name, this.expression)];
      }
    }
    this.bound = before;
  }

  ofContext(node) {
    const before = this.bound;
    for (const entry of children(node).filter((child) => child.name === "ContextEntry")) {
      const [key, value] = children(entry);
      if (value) this.check(value);
      this.bound = [...this.bound, nameOf(key, this.expression)];
    }
    this.bound = before;
    return "context";
  }

  ofFunctionDefinition(node) {
    const before = this.bound;
    for (const child of children(node)) {
      if (child.name === "FormalParameters") {
        const names = children(child).map((p) => nameOf(p.firstChild ?? p, this.expression));
        this.bound = [...this.bound, ...names];
      } else if (child.name === "FunctionBody") {
        this.check(child);
      }
    }
    this.bound = before;
    return "any";
  }

  ofList(node) {
    children(node).forEach((child) => this.check(child));
    return "list";
  }

  ofConjunction(node) {
    children(node).forEach((child) => this.check(child));
    return "boolean";
  }

  ofDisjunction(node) {
    return this.ofConjunction(node);
  }

  ofInstanceOfExpression(node) {
    this.check(node.firstChild);
    return "boolean";
  }

  ofIfExpression(node) {
    const parts = children(node).filter((child) => !["if", "then", "else"].includes(child.name));
    const [, yes, no] = parts.map((part) => this.check(part));
    return yes === no ? yes : "any";
  }

  ofParenthesizedExpression(node) {
    const inner = children(node).filter((child) => !["(", ")"].includes(child.name));
    return inner.length === 1 ? this.check(inner[0]) : "any";
  }

  ofArithmeticExpression(node) {
    const parts = children(node);
    if (parts.length !== 3) {
      return this.check(parts[parts.length - 1]);
    }
    const [left, right] = [this.check(parts[0]), this.check(parts[2])];
    const operator = this.text(parts[1]);
    const known = left !== "any" && right !== "any";
    if (known && !fits(operator, left, right)) {
      this.report(node, `${left} ${operator} ${right}`);
      return "any";
    }
    return resultOf(operator, left, right);
  }

  ofComparison(node) {
    const parts = children(node);
    const left = this.check(parts[0]);
    if (parts[1].name === "CompareOp") {
      this.compare(node, left, this.check(parts[2]));
    } else if (parts[1].name === "between") {
      this.compare(node, left, this.check(parts[2]));
      this.compare(node, left, this.check(parts[4]));
    } else {
      this.against(left, () => parts.slice(2).forEach((part) => this.check(part)));
    }
    return "boolean";
  }

  against(input, work) {
    const before = this.input;
    this.input = input;
    work();
    this.input = before;
  }

  ofPositiveUnaryTest(node) {
    const [test] = children(node);
    if (test.name === "SimplePositiveUnaryTest") {
      this.check(test);
      return "any";
    }
    const type = this.check(test);
    // A test that is itself a condition (? > 3 and …) is true or false whatever the input is.
    if (type !== "boolean" || test.name === "BooleanLiteral") {
      this.compare(node, this.input, type);
    }
    return "any";
  }

  ofSimplePositiveUnaryTest(node) {
    const parts = children(node);
    const value = parts[parts.length - 1];
    const type = this.check(value);
    if (parts.length === 2) {
      this.compare(node, this.input, type);
    }
    return "any";
  }

  ofInterval(node) {
    const ends = children(node).filter((child) => !/^[[\]().]+$/.test(child.name));
    ends.forEach((end) => this.compare(node, this.input, this.check(end)));
    return "any";
  }
}

function fits(operator, left, right) {
  if (operator === "+") return plus(left, right);
  if (operator === "-") return minus(left, right);
  return left === "number" && right === "number";
}

function ofAt(text) {
  if (/^-?P/.test(text)) return "duration";
  if (/^\d{1,2}:\d/.test(text)) return "time";
  return text.includes("T") ? "date-time" : "date";
}
