// Functions that officials know from other modelers and that feelin lacks, or whose clock is ours.
import { FeelDate, FeelDateTime, FeelTime, parseDateTime } from "feelin";

import { Refused, revive, tag } from "./values.mjs";

let clock = null;

/** Set the time that now() and today() tell; an ISO 8601 date-time with offset. */
export function setClock(now) {
  clock = parseDateTime(now);
  const milliseconds = Date.parse(now);
  Date.now = () => milliseconds;
}

const nothing = (value) => value === null || value === undefined;

function lastDay(date) {
  const day = date instanceof FeelDateTime ? date.unwrap().toPlainDate() : date.unwrap();
  return new FeelDate(day.with({ day: day.daysInMonth }));
}

function extract(text, pattern) {
  return [...text.matchAll(new RegExp(pattern, "gu"))].map((match) => match[0]);
}

function duplicates(list) {
  const keys = list.map((entry) => JSON.stringify(tag(entry)));
  return list.filter((_, at) => keys.indexOf(keys[at]) === at && keys.indexOf(keys[at], at + 1) > 0);
}

/** name, parameter names, what it does with them, and one sentence in Chinese and English. */
export const FUNCTIONS = [
  ["now", [], () => clock, "平台时钟的当前时刻", "The platform clock's present instant"],
  [
    "today",
    [],
    () => new FeelDate(clock.unwrap().toPlainDate()),
    "平台时钟的今天",
    "Today by the platform clock",
  ],
  ["is defined", ["value"], (value) => !nothing(value), "值存在且非空", "Whether there is a value"],
  [
    "get or else",
    ["value", "default"],
    (value, fallback) => (nothing(value) ? fallback : value),
    "值，没有则取默认值",
    "The value, or the default if there is none",
  ],
  [
    "is empty",
    ["list"],
    (list) => (Array.isArray(list) ? list.length === 0 : null),
    "列表没有元素",
    "Whether a list has no elements",
  ],
  [
    "is blank",
    ["string"],
    (text) => (typeof text === "string" ? text.trim() === "" : null),
    "文本为空或只有空白",
    "Whether a text is empty or only white space",
  ],
  [
    "trim",
    ["string"],
    (text) => (typeof text === "string" ? text.trim() : null),
    "去掉首尾空白",
    "The text without white space at its ends",
  ],
  [
    "last day of month",
    ["date"],
    (date) => (date instanceof FeelDate || date instanceof FeelDateTime ? lastDay(date) : null),
    "该日期所在月的最后一天",
    "The last day of the date's month",
  ],
  [
    "duplicate values",
    ["list"],
    (list) => (Array.isArray(list) ? duplicates(list) : null),
    "列表中重复出现的值",
    "The values that a list has more than once",
  ],
  [
    "extract",
    ["string", "pattern"],
    (text, pattern) => (typeof text === "string" ? extract(text, pattern) : null),
    "文本中匹配模式的各段",
    "The parts of a text that match a pattern",
  ],
  [
    "from json",
    ["value"],
    (text) => (typeof text === "string" ? readJson(text) : null),
    "把 JSON 文本读成值",
    "Reads a JSON text",
  ],
  [
    "to json",
    ["value"],
    (value) => (value instanceof FeelTime ? JSON.stringify(value.iso) : JSON.stringify(tag(value))),
    "把值写成 JSON 文本",
    "Writes a value as JSON text",
  ],
];

function readJson(text) {
  try {
    return revive(JSON.parse(text));
  } catch (error) {
    throw new Refused("invalid_arguments", `from json: ${error.message}`);
  }
}

/** The registered functions as entries of an evaluation context. */
export const REGISTERED = Object.fromEntries(
  FUNCTIONS.map(([name, parameters, work]) => {
    const registered = (...given) => work(...given);
    registered.$args = parameters;
    return [name, registered];
  }),
);

export const REGISTERED_NAMES = FUNCTIONS.map(([name]) => name);
