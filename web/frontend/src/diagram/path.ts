// What the server tells about elements, and how it looks on the drawing.

import type { Drawing } from "./drawing";
import { say } from "./texts";

export interface Passed {
  id: string;
  count?: number;
  first?: string;
  last?: string;
}

export interface Step {
  seq: number;
  at: string;
  sentence: string;
  elements: string[];
  flows: string[];
  active: string[];
  incident: string[];
}

/** One of several answers: a case's path, running counts, problems of a draft, a difference. */
export interface Path {
  passed?: (Passed | string)[];
  flows?: string[];
  active?: string[];
  incident?: string[];
  ended?: string | null;
  running?: Record<string, number>;
  problems?: Record<string, number>;
  changes?: Record<string, "added" | "removed" | "changed">;
  steps?: Step[];
}

export interface State {
  mark: string;
  text: string;
  badge?: string;
  first?: string;
  last?: string;
}

const passedOf = (entry: Passed | string): Passed =>
  typeof entry === "string" ? { id: entry } : entry;

/** What is to be said of each element, the more urgent over the less. */
export function states(path: Path, lit: string[]): Map<string, State> {
  const result = new Map<string, State>();
  for (const entry of (path.passed ?? []).map(passedOf)) {
    const count = entry.count ?? 1;
    result.set(entry.id, {
      mark: "passed",
      text: count > 1 ? say("passedTimes", { n: count }) : say("passed"),
      ...(count > 1 && { badge: `×${count}` }),
      ...(entry.first && { first: entry.first }),
      ...(entry.last && { last: entry.last }),
    });
  }
  for (const id of path.flows ?? []) result.set(id, { mark: "passed", text: say("passed") });
  if (path.ended) put(result, path.ended, "ended", say("ended"));
  for (const id of path.active ?? []) put(result, id, "active", say("active"));
  for (const id of lit) put(result, id, "lit", say("lit"), say("lit"));
  for (const id of path.incident ?? []) put(result, id, "incident", say("incident"), "!");
  for (const [id, n] of Object.entries(path.running ?? {}))
    put(result, id, "running", say("running", { n }), String(n));
  for (const [id, kind] of Object.entries(path.changes ?? {}))
    put(result, id, kind, say(kind), { added: "+", removed: "−", changed: "~" }[kind]);
  for (const [id, n] of Object.entries(path.problems ?? {}))
    put(result, id, "problem", say("problem", { n }), "!");
  return result;
}

function put(
  states: Map<string, State>,
  id: string,
  mark: string,
  text: string,
  badge?: string,
): void {
  const before = states.get(id);
  states.set(id, { ...before, mark, text, ...(badge && { badge }) });
}

/** The path as it stood after a step of the replay. */
export function pathAt(path: Path, index: number): Path {
  const steps = path.steps ?? [];
  const counts = new Map<string, Passed>();
  const flows = new Set<string>();
  for (const step of steps.slice(0, index + 1)) {
    for (const id of step.elements) {
      const before = counts.get(id);
      counts.set(id, {
        id,
        count: (before?.count ?? 0) + 1,
        first: before?.first ?? step.at,
        last: step.at,
      });
    }
    for (const id of step.flows) flows.add(id);
  }
  const now = steps[index];
  return {
    passed: [...counts.values()],
    flows: [...flows],
    active: now?.active ?? [],
    incident: now?.incident ?? [],
    ended: index === steps.length - 1 ? (path.ended ?? null) : null,
  };
}

export async function readPath(url: string | undefined): Promise<Path> {
  if (!url) return {};
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return (await answer.json()) as Path;
}

export function show(drawing: Drawing, states: Map<string, State>): void {
  drawing.unmark();
  for (const [id, state] of states) drawing.mark(id, state);
}
