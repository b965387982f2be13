// Tagged JSON values to feelin's values and back.
import { FeelDate, FeelDateTime, FeelDuration, FeelFunction, FeelRange, FeelTime } from "feelin";
import { duration, parseDate, parseDateTime, parseTime } from "feelin";

/** A value or an expression that cannot be used; `kind` is stable, the message is for people. */
export class Refused extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

const READERS = {
  date: parseDate,
  time: parseTime,
  "date-time": parseDateTime,
  duration,
};

function readTagged(value) {
  const reader = READERS[value["@type"]];
  const read = reader && typeof value["@value"] === "string" ? reader(value["@value"]) : null;
  if (read === null) {
    throw new Refused("bad_value", `not a temporal value: ${JSON.stringify(value)}`);
  }
  return read;
}

/** Tagged JSON → what feelin works with. */
export function revive(value) {
  if (Array.isArray(value)) {
    return value.map(revive);
  }
  if (value === null || typeof value !== "object") {
    return value;
  }
  if ("@type" in value) {
    return readTagged(value);
  }
  const context = {};
  for (const key of Object.keys(value)) {
    if (key !== "__proto__") {
      context[key] = revive(value[key]);
    }
  }
  return context;
}

function tagged(type, value) {
  return { "@type": type, "@value": value };
}

/** What feelin returned → tagged JSON. */
export function tag(value) {
  if (value === null || value === undefined) {
    return null;
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new Refused("not_a_value", `the result is not a number: ${value}`);
  }
  if (typeof value !== "object" && typeof value !== "function") {
    return value;
  }
  return tagObject(value);
}

function tagObject(value) {
  if (Array.isArray(value)) {
    return value.map(tag);
  }
  if (value instanceof FeelDate) return tagged("date", value.iso);
  if (value instanceof FeelTime) return tagged("time", value.iso);
  if (value instanceof FeelDateTime) return tagged("date-time", value.iso);
  if (value instanceof FeelDuration) return tagged("duration", value.iso);
  if (typeof value === "function" || value instanceof FeelFunction) {
    throw new Refused("not_a_value", "the result is a function, not a value");
  }
  if (value instanceof FeelRange) {
    throw new Refused("not_a_value", "the result is a range, not a value");
  }
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, tag(entry)]));
}

const PLAIN = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/** Names in a context that are more than one identifier ("unit price", "a-b"): they steer parsing. */
export function collectOddNames(value, found = new Set()) {
  if (Array.isArray(value)) {
    value.forEach((entry) => collectOddNames(entry, found));
  } else if (value !== null && typeof value === "object" && !("@type" in value)) {
    for (const [key, entry] of Object.entries(value)) {
      if (!PLAIN.test(key)) found.add(key);
      collectOddNames(entry, found);
    }
  }
  return found;
}
