// The island `decision-table`: every element with data-decision-table shows a DMN table, read-only.
//
// data-xml-url   where the DMN file is
// data-matched   ids of the rules to be lit, separated by spaces
// data-words     id of a JSON script: the table's own words → words of the page's language
// data-label     the accessible name

import DmnViewer, { type Named } from "dmn-js/lib/NavigatedViewer";
import "dmn-js/dist/assets/diagram-js.css";
import "dmn-js/dist/assets/dmn-js-shared.css";
import "dmn-js/dist/assets/dmn-js-drd.css";
import "dmn-js/dist/assets/dmn-js-decision-table.css";
import "dmn-js/dist/assets/dmn-js-literal-expression.css";
import "dmn-js/dist/assets/dmn-js-boxed-expression.css";
import "./decision-table.css";

const FAILED = {
  zh: "决策表没有画出来。请刷新页面；若仍不行，请告知运维人员。",
  en: "The decision table could not be drawn. Reload the page; if that does not help, tell the operators.",
};

/** The part of dmn-js that English pages show as it is and Chinese pages in Chinese. */
const WORDS: Record<string, string> = {
  "Hit policy:": "命中规则：",
  "Hit policy": "命中规则",
  Unique: "唯一",
  First: "首个",
  Priority: "按优先级",
  Any: "任一",
  Collect: "收集",
  "Rule order": "按规则顺序",
  "Output order": "按输出顺序",
  When: "当",
  And: "且",
  Then: "则",
  Annotations: "说明",
  "View DRD": "查看决策图",
  "Aggregate:": "汇总：",
};

function language(): "zh" | "en" {
  return document.documentElement.lang.startsWith("en") ? "en" : "zh";
}

function translate(text: string, values: Record<string, string> = {}): string {
  const said = language() === "zh" ? (WORDS[text] ?? text) : text;
  return said.replace(/{([^}]+)}/g, (_, name: string) => values[name] ?? `{${name}}`);
}

async function mount(host: HTMLElement): Promise<void> {
  const answer = await fetch(host.dataset["xmlUrl"] ?? "");
  if (!answer.ok) throw new Error(`${host.dataset["xmlUrl"]}: ${answer.status}`);
  const box = document.createElement("div");
  box.className = "dg-decision";
  host.replaceChildren(box);
  const own = { additionalModules: [{ translate: ["value", translate] }] };
  const viewer = new DmnViewer({ container: box, decisionTable: own, drd: own });
  const words = wordsOf(host);
  viewer.on("import.parse.complete", ({ elementsById }) => reword(elementsById ?? {}, words));
  await viewer.importXML(await answer.text());
  const views = viewer.getViews();
  const table = views.find((view) => view.type === "decisionTable") ?? views[0];
  if (table && viewer.getActiveView() !== table) await viewer.open(table);
  name(host, box);
  light(host, box);
  host.dataset["ready"] = "yes";
}

function hidden(text: string): HTMLElement {
  const span = document.createElement("span");
  span.className = "visually-hidden";
  span.textContent = text;
  return span;
}

function wordsOf(host: HTMLElement): Record<string, string> {
  const text = document.getElementById(host.dataset["words"] ?? "")?.textContent;
  return text ? (JSON.parse(text) as Record<string, string>) : {};
}

/** Names, labels, notes and texts in quotes; expressions stay as they are. */
function reword(elements: Record<string, Named>, words: Record<string, string>): void {
  for (const element of Object.values(elements)) {
    for (const key of ["name", "label", "description"] as const) {
      const text = element[key];
      if (text && words[text]) element[key] = words[text];
    }
    const quoted = /^"(.*)"$/.exec(element.text ?? "")?.[1];
    if (quoted && words[quoted]) element.text = `"${words[quoted]}"`;
  }
}

function name(host: HTMLElement, box: HTMLElement): void {
  const table = box.querySelector("table");
  if (table && host.dataset["label"]) table.setAttribute("aria-label", host.dataset["label"]);
  // What scrolls must be reachable by keyboard, and every column needs a heading.
  const scroll = box.querySelector<HTMLElement>(".tjs-table-container") ?? box;
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "group");
  scroll.setAttribute("aria-label", host.dataset["label"] ?? "DMN");
  const corner = box.querySelector<HTMLElement>("th.index-column");
  if (corner && !corner.textContent) corner.append(hidden(language() === "zh" ? "序号" : "No."));
}

function light(host: HTMLElement, box: HTMLElement): void {
  for (const id of (host.dataset["matched"] ?? "").split(" ").filter(Boolean))
    for (const cell of box.querySelectorAll(`[data-row-id="${CSS.escape(id)}"]`))
      cell.classList.add("dg-rule-fired");
}

for (const host of document.querySelectorAll<HTMLElement>("[data-decision-table]"))
  mount(host).catch((reason: unknown) => {
    const note = document.createElement("p");
    note.className = "dg-failed";
    note.setAttribute("role", "alert");
    note.textContent = FAILED[language()];
    host.replaceChildren(note);
    host.dataset["ready"] = "failed";
    console.error(reason);
  });
