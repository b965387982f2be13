// The differences between feelin and the engine's dialect, as edits of its one source file.
//
// Each edit must apply exactly once: a new version of feelin that moves the text fails the build
// instead of silently losing a rule.

const PLATFORM = `
const PLATFORM_ZONE = 'Asia/Shanghai';
function zoneOf(zone) {
    return zone === null || zone === undefined ? PLATFORM_ZONE : zone;
}
function onPlatform(value, zone) {
    const seconds = offsetZoneSeconds(zone === undefined ? null : zone);
    if (seconds !== null) {
        return value.subtract({ seconds }).toZonedDateTime('UTC')
            .withTimeZone(PLATFORM_ZONE).toPlainDateTime();
    }
    if (zoneOf(zone) === PLATFORM_ZONE) {
        return value;
    }
    return value.toZonedDateTime(zone).withTimeZone(PLATFORM_ZONE).toPlainDateTime();
}
let oddNames = [];
let oddNamesKey = '';
export function useNames(names) {
    oddNames = names;
    oddNamesKey = names.join('\\u0000');
}
// A tree depends on the text and on those names that are more than one plain identifier.
function parseKnowing(top, expression, dialect) {
    const context = Object.fromEntries(oddNames.map((name) => [name, null]));
    return parser.configure({ top, dialect, contextTracker: trackVariables(context) })
        .parse(expression);
}
const compiled = new Map();
// Building the closures of a tree costs more than calling them; warnings are collected per call.
function compile(top, expression) {
    const key = [top, oddNamesKey, expression].join('\\u0001');
    let ready = compiled.get(key);
    if (ready === undefined) {
        const warnings = new InterpreterContext();
        const build = top === 'UnaryTests' ? 'unaryTest' : 'evaluate';
        ready = { warnings, root: interpreter[build](expression, {}, undefined, warnings).root };
        if (compiled.size >= 4000) {
            compiled.clear();
        }
        // Names that came from people may be long and many: those are not worth remembering.
        if (key.length < 4000) {
            compiled.set(key, ready);
        }
    }
    ready.warnings.warnings = [];
    return ready;
}
export function evaluateCompiled(expression, context) {
    const { root, warnings } = compile('Expression', expression);
    const value = root(context);
    return { value, warnings: warnings.getWarnings() };
}
export function testCompiled(expression, context) {
    const { root, warnings } = compile('UnaryTests', expression);
    const value = root(context)(context['?'] === undefined ? null : context['?']);
    return { value, warnings: warnings.getWarnings() };
}
export const BUILTIN_NAMES = Object.keys(builtins);
const COMPARED = new Set(['string', 'number', 'boolean', 'date', 'time', 'date time', 'duration']);
export class NotComparable extends Error {}
function refuseMixed(a, b) {
    if (a !== b && COMPARED.has(a) && COMPARED.has(b)) {
        throw new NotComparable(a + ' compared with ' + b);
    }
}
`;

const EDITS = [
  {
    // All instants live on the platform's clock: subtraction in feelin ignores zones otherwise.
    after: "class FeelDateTime {",
    find: "        this.value = value;\n        this.zone = zone;\n        this.iso = this.value.toString() + (this.zone === null ? '' : zoneSuffix(this.zone));",
    put:
      "        this.value = onPlatform(value, zone);\n        this.zone = PLATFORM_ZONE;\n" +
      "        this.iso = this.value.toZonedDateTime(PLATFORM_ZONE).toString({ timeZoneName: 'never' });",
  },
  {
    after: "class FeelTime {",
    find: "        this.value = value;\n        this.zone = zone;",
    put:
      "        this.value = zone === null || zone === undefined || zone === PLATFORM_ZONE ? value\n" +
      "            : onPlatform(REFERENCE_DATE.toPlainDateTime(value), zone).toPlainTime();\n" +
      "        this.zone = null;",
  },
  {
    after: "function addDuration(",
    find: "new FeelDateTime(temporal.value.toPlainDateTime().add(d), 'UTC')",
    put: "new FeelDateTime(temporal.value.toPlainDateTime().add(d), PLATFORM_ZONE)",
  },
  {
    after: "function timeOfDate(",
    find: "new FeelTime(new Temporal.PlainTime(0, 0, 0), 'UTC')",
    put: "new FeelTime(new Temporal.PlainTime(0, 0, 0), null)",
  },
  {
    // A variable that bears a function's name (count, date) does not hide the function.
    after: "        case 'VariableName': {",
    find: "            return tag((context) => {\n                const contextValue",
    put: "            return Object.assign(tag((context) => {\n                const contextValue",
  },
  {
    after: "        case 'VariableName': {",
    find: "            }, 'any');",
    put: "            }, 'any'), { builtin });",
  },
  {
    after: "        case 'FunctionInvocation': return",
    find: "const wrappedFn = wrapFunction(target);",
    put: "const wrappedFn = wrapFunction(target) || wrapFunction(args[0].builtin ?? null);",
  },
  {
    // As bare JavaScript, "2025-02-01" >= date("2026-01-01") would be true.
    after: "function rangeIncludes(",
    find: "    const valueType = getType(value);",
    put: "    const valueType = getType(value);\n    refuseMixed(valueType, range.valueType);",
  },
  {
    after: "function parseExpression(",
    find: "    return parser.configure({",
    put: "    return parseKnowing('Expression', expression, dialect);\n    return parser.configure({",
  },
  {
    after: "function parseUnaryTests(",
    find: "    return parser.configure({",
    put: "    return parseKnowing('UnaryTests', expression, dialect);\n    return parser.configure({",
  },
];

function once(text, part, from) {
  const at = text.indexOf(part, from);
  if (at < 0) {
    throw new Error(`feelin has changed: not found: ${part}`);
  }
  return at;
}

/** Return the browser's fork as it is, with the names of its functions and its types exported. */
export function listBuiltins(source) {
  once(source, "const builtins = {", 0);
  return `${source}\nexport const BUILTIN_NAMES = Object.keys(builtins);\nexport { getType };\n`;
}

/** Return feelin's source with every edit applied. */
export function patch(source) {
  let text = source;
  for (const { after, find, put } of EDITS) {
    const start = once(text, after, 0);
    if (text.indexOf(after, start + after.length) >= 0) {
      throw new Error(`feelin has changed: found twice: ${after}`);
    }
    const at = once(text, find, start);
    const end = text.indexOf("\n}\n", start);
    if (end >= 0 && at > end) {
      throw new Error(`feelin has changed: ${find} is no longer in ${after}`);
    }
    text = text.slice(0, at) + put + text.slice(at + find.length);
  }
  return text + PLATFORM;
}
