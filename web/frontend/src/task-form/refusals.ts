// Shows what is wrong: at the field, and on top with a link to the field.

import type { Form } from "@bpmn-io/form-js-viewer";
import type { Errors, FieldInstance, Problem } from "./types";
import type { Say } from "./words";

interface Registry {
  getAllKeyed(): FieldInstance[];
}

interface Field {
  id: string;
  label?: string;
  dateLabel?: string;
  timeLabel?: string;
}

export interface Finding {
  label: string;
  message: string;
  target: HTMLElement | null;
}

function instances(form: Form): FieldInstance[] {
  return (form.get("formFieldInstanceRegistry") as Registry).getAllKeyed();
}

function fieldOf(form: Form, id: string): Field | undefined {
  return (form.get("formFieldRegistry") as { get(id: string): Field | undefined }).get(id);
}

function at(errors: Errors, instance: FieldInstance): string[] {
  let value: unknown = errors[instance.id];
  for (const index of Object.values(instance.indexes ?? {})) {
    value = (value as Record<number, unknown> | undefined)?.[index];
  }
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function put(errors: Errors, instance: FieldInstance, messages: string[]): void {
  const steps = [instance.id, ...Object.values(instance.indexes ?? {}).map(String)];
  let place = errors as Record<string, unknown>;
  steps.slice(0, -1).forEach((step) => {
    place[step] ??= {};
    place = place[step] as Record<string, unknown>;
  });
  place[steps[steps.length - 1]!] = messages;
}

/** The first element of a field that can take the keyboard. */
function elementOf(root: HTMLElement, form: Form, instance: FieldInstance): HTMLElement | null {
  const formId = (form as unknown as { _id: string })._id;
  const suffix = Object.values(instance.indexes ?? {}).map((index) => `_${index}`).join("");
  const id = `fjs-form-${formId}-${instance.id}${suffix}`;
  for (const candidate of [id, `${id}-date`, `${id}-time`, `${id}-0`, `${id}-search`]) {
    const found = root.querySelector<HTMLElement>(`#${CSS.escape(candidate)}`);
    if (!found) continue;
    // The file input itself is hidden; its button is what people reach.
    return found.classList.contains("fjs-hidden")
      ? (found.parentElement?.querySelector<HTMLElement>("button") ?? null)
      : found;
  }
  return null;
}

function labelOf(form: Form, instance: FieldInstance): string {
  const field = fieldOf(form, instance.id);
  const label = field?.label || field?.dateLabel || field?.timeLabel || instance.valuePath.join(".");
  const rows = Object.values(instance.indexes ?? {}).map((index) => index + 1);
  return rows.length ? `${label} (${rows.join(".")})` : label;
}

/** What the browser's own validation found, in the order of the form. */
export function findings(root: HTMLElement, form: Form, errors: Errors): Finding[] {
  return instances(form).flatMap((instance) =>
    at(errors, instance).map((message) => ({
      label: labelOf(form, instance),
      message,
      target: elementOf(root, form, instance),
    })),
  );
}

function normal(path: string): string {
  return path.split(/[.[\]]+/).filter(Boolean).join(".");
}

/** Put what the server found at its fields and return all of it; unknown paths concern the form. */
export function placeProblems(
  root: HTMLElement,
  form: Form,
  problems: Record<string, Problem[]>,
  say: Say,
): Finding[] {
  const errors: Errors = {};
  const found: Finding[] = [];
  const all = instances(form);
  for (const [path, list] of Object.entries(problems)) {
    const messages = list.map((problem) => problem.message ?? problem.code);
    const instance = all.find((item) => item.valuePath.join(".") === normal(path));
    if (instance) put(errors, instance, messages);
    const label = instance ? labelOf(form, instance) : path || say("whole_form");
    const target = instance ? elementOf(root, form, instance) : null;
    found.push(...messages.map((message) => ({ label, message, target })));
  }
  (form as unknown as { _setState(state: object): void })._setState({ errors });
  return found;
}

/** Fill the summary above the form; each line leads to its field. */
export function showSummary(box: HTMLElement, title: string, found: Finding[]): void {
  box.replaceChildren();
  const heading = document.createElement("p");
  heading.className = "task-summary-title";
  heading.textContent = title;
  const list = document.createElement("ul");
  for (const { label, message, target } of found) {
    const line = document.createElement("li");
    if (target) {
      const link = document.createElement("a");
      link.href = `#${target.id}`;
      link.textContent = label;
      link.addEventListener("click", (event) => {
        event.preventDefault();
        target.scrollIntoView({ block: "center" });
        target.focus({ preventScroll: true });
      });
      line.append(link, ` ${message}`);
    } else {
      line.textContent = `${label}: ${message}`;
    }
    list.append(line);
  }
  box.append(heading, list);
  reveal(box);
}

export interface Notice {
  text: string;
  reference?: string;
  link?: { href: string; text: string; apart?: boolean };
}

/** Say one thing above the form, with where to go from here. */
export function showNotice(box: HTMLElement, notice: Notice): void {
  box.replaceChildren();
  const text = document.createElement("p");
  text.className = "task-summary-title";
  text.textContent = notice.text;
  box.append(text);
  if (notice.link) {
    const link = document.createElement("a");
    link.href = notice.link.href;
    link.textContent = notice.link.text;
    if (notice.link.apart) {
      link.target = "_blank";
      link.rel = "noopener";
    }
    box.append(link);
  }
  if (notice.reference) {
    const reference = document.createElement("span");
    reference.className = "task-reference";
    reference.textContent = notice.reference;
    box.append(reference);
  }
  reveal(box);
}

function reveal(box: HTMLElement): void {
  box.hidden = false;
  box.scrollIntoView({ block: "start" });
  box.focus({ preventScroll: true });
}
