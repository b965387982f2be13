// Evaluation of expressions, unary tests and whole decision tables.
import * as engine from "feelin";
import * as form from "@bpmn-io/feelin";
import { IANAZone, Settings, SystemZone } from "luxon";

import { REGISTERED, REGISTERED_NAMES, setClock } from "./functions.mjs";
import { Refused, collectOddNames, revive, tag } from "./values.mjs";

// The fork asks luxon for the system's zone: here that is the platform's, whatever TZ says.
const ZONE = IANAZone.create("Asia/Shanghai");
Settings.defaultZone = ZONE;
Object.defineProperty(SystemZone.prototype, "name", { get: () => ZONE.name });
SystemZone.prototype.offset = (instant) => ZONE.offset(instant);
SystemZone.prototype.offsetName = (instant, options) => ZONE.offsetName(instant, options);

const FATAL = {
  INVALID_TYPE: "invalid_type",
  NO_FUNCTION_FOUND: "no_function",
  FUNCTION_INVOCATION_FAILURE: "invalid_arguments",
  INVALID_ARGUMENTS: "invalid_arguments",
  UNSUPPORTED: "unsupported",
};

// Arithmetic with null is null by the rules of FEEL, so a warning about a null operand is no failure.
function isFatal(warning) {
  if (!(warning.type in FATAL)) {
    return false;
  }
  if (warning.type === "NO_FUNCTION_FOUND" || warning.type === "UNSUPPORTED") {
    return true;
  }
  return !Object.values(warning.details?.values ?? {}).some((v) => v === null || v === undefined);
}

function settle({ value, warnings }) {
  const fatal = warnings.find(isFatal);
  if (fatal) {
    throw new Refused(FATAL[fatal.type], fatal.message);
  }
  return value;
}

/** Describe whatever was thrown as {kind, reason}. */
export function describe(error) {
  if (error instanceof Refused) {
    return { kind: error.kind, reason: error.message };
  }
  if (error instanceof engine.NotComparable) {
    return { kind: "invalid_type", reason: error.message };
  }
  if (error && error.position) {
    const { from, to } = error.position;
    return { kind: "syntax", reason: `${error.message} (${from}–${to})` };
  }
  return { kind: "failed", reason: String((error && error.message) || error) };
}

/** Make the context of the engine dialect: revived values and the registered functions. */
export function engineContext(context) {
  engine.useNames([...REGISTERED_NAMES, ...[...collectOddNames(context)].sort()]);
  return Object.assign(revive(context), REGISTERED);
}

function evaluateOne(dialect, context, { x, unary }) {
  const [evaluate, test] =
    dialect === "form"
      ? [form.evaluate, form.unaryTest]
      : [engine.evaluateCompiled, engine.testCompiled];
  try {
    const result = unary ? test(x, context) : evaluate(x, context);
    // The browser shows a form's warnings to nobody and works on with null; so does the server.
    const value = dialect === "form" ? result.value : settle(result);
    return dialect === "form" ? { v: plain(value), t: tagForm(value) } : { v: tag(value) };
  } catch (error) {
    return { e: describe(error) };
  }
}

const FORM_TEMPORALS = {
  date: ["date", (value) => value.toISODate()],
  time: ["time", (value) => value.toISOTime({ includeOffset: false, suppressMilliseconds: true })],
  "date time": ["date-time", (value) => value.toISO({ suppressMilliseconds: true })],
  duration: ["duration", (value) => value.toISO()],
};

// The fork's temporals are luxon's; the case keeps them tagged like any other.
function tagForm(value) {
  const temporal = value && typeof value === "object" && FORM_TEMPORALS[form.getType(value)];
  if (temporal) {
    return { "@type": temporal[0], "@value": temporal[1](value) };
  }
  return plain(value);
}

// What form-js stores of an expression's result: JSON as JSON.stringify writes it.
function plain(value) {
  const text = JSON.stringify(value);
  return text === undefined ? null : JSON.parse(text);
}

/** Evaluate several expressions ({x, unary}) in one context. */
export function evaluateAll({ dialect, now, context, items }) {
  setClock(now);
  const prepared = dialect === "form" ? context : engineContext(context);
  return items.map((item) => evaluateOne(dialect, prepared, item));
}

function at(place, work) {
  try {
    return work();
  } catch (error) {
    return { ...describe(error), place };
  }
}

function matches(rule, inputs, context, index) {
  return rule.tests.every((text, column) => {
    if (text === "" || text === "-") {
      return true;
    }
    const found = at([index, column], () => ({
      value: settle(engine.testCompiled(text, { ...context, "?": inputs[column] })),
    }));
    if ("kind" in found) {
      throw Object.assign(new Refused(found.kind, found.reason), { place: found.place });
    }
    return found.value === true;
  });
}

/**
 * Evaluate a decision table: its input expressions, the tests of all rules, and the outputs of the
 * rules that matched. Hit policies are the caller's business.
 */
export function decide({ now, context, inputs, rules, values, first }) {
  setClock(now);
  const prepared = engineContext(context);
  let place = null;
  try {
    const given = inputs.map((text, column) => {
      place = ["input", column];
      return settle(engine.evaluateCompiled(text, prepared));
    });
    const output = (text) =>
      text === "" || text === "-" ? null : tag(settle(engine.evaluateCompiled(text, prepared)));
    const matched = [];
    for (const [index, rule] of rules.entries()) {
      place = ["rule", index];
      if (matches(rule, given, prepared, index)) {
        matched.push({ index, outputs: rule.outputs.map(output) });
        if (first) break;
      }
    }
    place = ["values", 0];
    return { inputs: given.map(tag), matched, values: values.map((list) => list.map(output)) };
  } catch (error) {
    return { e: { ...describe(error), place: error.place ?? place } };
  }
}
