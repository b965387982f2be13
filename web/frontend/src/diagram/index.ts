// The island `diagram`: every element with data-diagram becomes a read-only process diagram.
//
// data-xml-url      where the BPMN file is
// data-path-url     JSON (see Path in path.ts): path of a case, counts, problems or changes
// data-path         the same JSON inline
// data-lit          ids of the elements that are the reader's own task, separated by spaces
// data-words        id of a JSON script: the diagram's own words → words of the page's language
// data-label        the accessible name
// data-replay       id of an empty element that gets the slider
// data-details      id of an element that tells about the picked element
//
// A picked element is announced as the event `dayi:element` (detail: id, name, type, state) and
// any link with data-element="id" in the page brings that element into view.

import { Drawing, type Element } from "./drawing";
import { Outline } from "./outline";
import { type Path, pathAt, readPath, show, type State, states } from "./path";
import { Replay } from "./replay";
import { say, type TextName } from "./texts";
import "./diagram.css";

async function mount(host: HTMLElement): Promise<void> {
  const box = document.createElement("div");
  box.className = "dg-canvas";
  host.replaceChildren(box);
  const drawing = new Drawing(box, wordsOf(host));
  const { xmlUrl, pathUrl, path: inline } = host.dataset;
  const [xml, path] = await Promise.all([
    readText(xmlUrl ?? ""),
    inline ? (JSON.parse(inline) as Path) : readPath(pathUrl),
  ]);
  await drawing.open(xml, host.dataset["label"] ?? say("diagram"));
  box.append(controls(drawing));
  live(host, drawing, path);
}

function live(host: HTMLElement, drawing: Drawing, path: Path): void {
  const lit = (host.dataset["lit"] ?? "").split(" ").filter(Boolean);
  let now = states(path, lit);
  const pick = (element: Element): void => {
    drawing.select(element.id, true);
    tell(host, element, now.get(element.id));
  };
  const outline = new Outline(host, drawing, pick);
  const draw = (next: Map<string, State>): void => {
    now = next;
    show(drawing, now);
    outline.show(now);
  };
  draw(now);
  bringFirst(drawing, lit[0] ?? path.active?.[0]);
  drawing.onPick((element) => {
    drawing.select(element.id);
    tell(host, element, now.get(element.id));
  });
  const slot = document.getElementById(host.dataset["replay"] ?? "");
  if (slot && path.steps?.length)
    new Replay(slot, path.steps, (index) => draw(states(pathAt(path, index), [])));
  followLinks(host, drawing, pick);
  host.dataset["ready"] = "yes";
}

/** A wide diagram opens at its beginning; the reader's own step must be in sight. */
function bringFirst(drawing: Drawing, id: string | undefined): void {
  if (!id || !drawing.element(id)) return;
  drawing.select(id, true);
  drawing.select(null);
}

function followLinks(host: HTMLElement, drawing: Drawing, pick: (e: Element) => void): void {
  document.addEventListener("click", (event) => {
    const link = (event.target as HTMLElement).closest<HTMLElement>("[data-element]");
    const element = link && drawing.element(link.dataset["element"] ?? "");
    if (!element) return;
    event.preventDefault();
    host.scrollIntoView({ block: "nearest" });
    pick(element);
  });
}

function tell(host: HTMLElement, element: Element, state: State | undefined): void {
  host.dispatchEvent(
    new CustomEvent("dayi:element", { bubbles: true, detail: { ...element, state: state ?? null } }),
  );
  const panel = document.getElementById(host.dataset["details"] ?? "");
  if (!panel) return;
  const title = document.createElement("strong");
  title.textContent = element.name;
  const rest = document.createElement("span");
  rest.textContent = [
    element.type,
    state?.text ?? say("waiting"),
    state?.first && `${say("firstTime")} ${state.first}`,
    state?.last && state.last !== state.first && `${say("lastTime")} ${state.last}`,
    element.id,
  ]
    .filter(Boolean)
    .join(" · ");
  panel.replaceChildren(title, rest);
  panel.hidden = false;
}

function controls(drawing: Drawing): HTMLElement {
  const bar = document.createElement("div");
  bar.className = "dg-controls";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", say("controls"));
  const add = (name: TextName, sign: string, act: () => void): void => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = sign;
    button.title = say(name);
    button.setAttribute("aria-label", say(name));
    button.addEventListener("click", act);
    bar.append(button);
  };
  add("zoomIn", "+", () => drawing.zoom(1.25));
  add("zoomOut", "−", () => drawing.zoom(1 / 1.25));
  add("fit", "⤢", () => drawing.whole());
  return bar;
}

function wordsOf(host: HTMLElement): Record<string, string> {
  const text = document.getElementById(host.dataset["words"] ?? "")?.textContent;
  return text ? (JSON.parse(text) as Record<string, string>) : {};
}

async function readText(url: string): Promise<string> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.text();
}

function failed(host: HTMLElement, reason: unknown): void {
  const note = document.createElement("p");
  note.className = "dg-failed";
  note.setAttribute("role", "alert");
  note.textContent = say("failed");
  host.replaceChildren(note);
  host.dataset["ready"] = "failed";
  console.error(reason);
}

for (const host of document.querySelectorAll<HTMLElement>("[data-diagram]"))
  mount(host).catch((reason: unknown) => failed(host, reason));
