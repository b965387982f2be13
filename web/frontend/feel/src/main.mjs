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

/** Perform `{op, …}` and return `{ok}` or `{e: {kind, reason}}`, both as JSON text. */
export function call(text) {
  const request = JSON.parse(text);
  try {
    return JSON.stringify({ ok: OPERATIONS[request.op](request) });
  } catch (error) {
    return JSON.stringify({ e: describe(error) });
  }
}
