// What can be said about an expression without evaluating it: syntax, names, types.
import * as engine from "feelin";
import * as form from "@bpmn-io/feelin";

import { REGISTERED_NAMES } from "./functions.mjs";
import { Checker } from "./types.mjs";

const KNOWN = {
  engine: new Set([...engine.BUILTIN_NAMES, ...REGISTERED_NAMES]),
  form: new Set(form.BUILTIN_NAMES),
};

/** Parse without a context; multi-word names of variables must be known to parse, so they are rare. */
export function parse(expression, unary, dialect) {
  if (dialect === "form") {
    return unary ? form.parseUnaryTests(expression) : form.parseExpression(expression);
  }
  engine.useNames(REGISTERED_NAMES);
  return unary ? engine.parseUnaryTests(expression) : engine.parseExpression(expression);
}

function firstError(tree, expression) {
  let found = null;
  tree.iterate({
    enter(node) {
      if (node.type.isError && found === null) {
        const text = expression.slice(node.from, node.to) || "…";
        found = `syntax error at ${node.from + 1}: ${text}`;
      }
    },
  });
  return found;
}

export function children(node) {
  const list = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    list.push(child);
  }
  return list;
}

/** The name that a VariableName, PathName or Name node spells, with single spaces. */
export function nameOf(node, expression) {
  return expression.slice(node.from, node.to).replace(/`/g, "").replace(/\s+/g, " ");
}

/** Collects the root variables read and the functions called, minding local names. */
class Names {
  constructor(expression) {
    this.expression = expression;
    this.read = new Set();
    this.called = new Set();
  }

  visit(node, bound) {
    const special = this[`in${node.name}`];
    if (special) {
      special.call(this, node, bound);
    } else {
      children(node).forEach((child) => this.visit(child, bound));
    }
  }

  inVariableName(node, bound) {
    const name = nameOf(node, this.expression);
    if (bound !== null && !bound.has(name)) {
      this.read.add(name);
    }
  }

  inQualifiedName() {
    // A type's name, not a variable's.
  }

  inFunctionInvocation(node, bound) {
    const [target, ...rest] = children(node);
    if (target.name === "VariableName") {
      const name = nameOf(target, this.expression);
      if (bound === null || !bound.has(name)) {
        this.called.add(name);
      }
    } else {
      this.visit(target, bound);
    }
    rest.forEach((child) => this.visit(child, bound));
  }

  inFilterExpression(node, bound) {
    const [target, ...rest] = children(node);
    this.visit(target, bound);
    // Inside the brackets a name may be a property of the element: null says "count nothing".
    rest.forEach((child) => this.visit(child, null));
  }

  inForExpression(node, bound) {
    this.iterate(node, bound, ["partial"]);
  }

  inQuantifiedExpression(node, bound) {
    this.iterate(node, bound, []);
  }

  iterate(node, bound, names) {
    let inner = bound === null ? null : new Set([...bound, ...names]);
    for (const child of children(node)) {
      if (child.name !== "InExpressions") {
        this.visit(child, inner);
        continue;
      }
      for (const part of children(child)) {
        const [name, , source] = children(part);
        if (source) this.visit(source, inner);
        if (inner !== null && name) inner = new Set([...inner, nameOf(name, this.expression)]);
      }
    }
  }

  inContext(node, bound) {
    let inner = bound;
    for (const entry of children(node).filter((child) => child.name === "ContextEntry")) {
      const [key, value] = children(entry);
      if (value) this.visit(value, inner);
      const name = nameOf(key, this.expression).replace(/^"|"$/g, "");
      if (inner !== null) inner = new Set([...inner, name]);
    }
  }

  inFunctionDefinition(node, bound) {
    const names = [];
    for (const child of children(node)) {
      if (child.name === "FormalParameters") {
        names.push(...children(child).map((p) => nameOf(p.firstChild ?? p, this.expression)));
      } else if (child.name === "FunctionBody") {
        this.visit(child, bound === null ? null : new Set([...bound, ...names]));
      }
    }
  }
}

/** Return the first problem (or null) and the root variables of an expression. */
export function inspect({ expression, unary, dialect }) {
  const tree = parse(expression, unary, dialect);
  const syntax = expression.trim() === "" ? "the expression is empty" : firstError(tree, expression);
  if (syntax !== null) {
    return { problem: syntax, names: [] };
  }
  const names = new Names(expression);
  names.visit(tree.topNode, new Set());
  const unknown = [...names.called].find((name) => !KNOWN[dialect].has(name));
  return {
    problem: unknown === undefined ? null : `unknown function: ${unknown}`,
    names: [...names.read].filter((name) => !KNOWN[dialect].has(name)),
  };
}

/** Return what does not go together (sentences) and the type of the result. */
export function typeProblems({ expression, types, input }) {
  const tree = parse(expression, input !== null, "engine");
  const checker = new Checker(expression, types, input);
  const type = checker.check(tree.topNode);
  return { problems: [...new Set(checker.problems)], type };
}
