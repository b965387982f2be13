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
const parsed = new Map();
let oddNames = [];
let oddNamesKey = '';
export function useNames(names) {
    oddNames = names;
    oddNamesKey = names.join('\\u0000');
}
// A tree depends on the text and on those names that are more than one plain identifier.
function parseOnce(top, expression, dialect) {
    const key = [top, dialect, oddNamesKey, expression].join('\\u0001');
    let tree = parsed.get(key);
    if (tree === undefined) {
        const context = Object.fromEntries(oddNames.map((name) => [name, null]));
        tree = parser.configure({ top, dialect, contextTracker: trackVariables(context) })
            .parse(expression);
        if (parsed.size >= 4000) {
            parsed.clear();
        }
        parsed.set(key, tree);
    }
    return tree;
}
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
    // Values arrive already revived, once per call instead of once per expression.
    after: "function coerceContext(",
    find: "    if (isArray(value)) {",
    put: "    return value;\n    if (isArray(value)) {",
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
    put: "    return parseOnce('Expression', expression, dialect);\n    return parser.configure({",
  },
  {
    after: "function parseUnaryTests(",
    find: "    return parser.configure({",
    put: "    return parseOnce('UnaryTests', expression, dialect);\n    return parser.configure({",
  },
];

function once(text, part, from) {
  const at = text.indexOf(part, from);
  if (at < 0) {
    throw new Error(`feelin has changed: not found: ${part}`);
  }
  return at;
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
