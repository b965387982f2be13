// What the isolate offers to engine/feel.py: one function from JSON text to JSON text.
import { inspect, typeProblems } from "./inspect.mjs";
import { decide, describe, evaluateAll } from "./evaluate.mjs";
import { FUNCTIONS } from "./functions.mjs";

const OPERATIONS = {
  evaluate: evaluateAll,
  decide,
  inspect,
  types: typeProblems,
  matches: ({ pattern, text }) => new RegExp(pattern).test(text),
  functions: () =>
    FUNCTIONS.map(([name, parameters, , zh, en]) => ({ name, parameters, zh, en })),
};

// A text that was cut inside a character outside of the basic plane is no Unicode: JSON writes the
// half as an escape that databases refuse.
function write(answer) {
  const text = JSON.stringify(answer);
  return /\\ud[89a-f]/.test(text)
    ? JSON.stringify(answer, (_, value) => (typeof value === "string" ? value.toWellFormed() : value))
    : text;
}

/** Perform `{op, …}` and return `{ok}` or `{e: {kind, reason}}`, both as JSON text. */
export function call(text) {
  const request = JSON.parse(text);
  try {
    return write({ ok: OPERATIONS[request.op](request) });
  } catch (error) {
    return write({ e: describe(error) });
  }
}
