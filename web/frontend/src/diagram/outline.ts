// The diagram in words: a list that screen readers and keyboards use instead of the drawing.

import type { Drawing, Element } from "./drawing";
import type { State } from "./path";
import { say } from "./texts";

export class Outline {
  private readonly list = document.createElement("ol");

  constructor(
    host: HTMLElement,
    private readonly drawing: Drawing,
    private readonly pick: (element: Element) => void,
  ) {
    const fold = document.createElement("details");
    fold.className = "dg-outline";
    const summary = document.createElement("summary");
    summary.textContent = say("asText");
    fold.append(summary, this.list);
    host.append(fold);
  }

  show(states: Map<string, State>): void {
    this.list.replaceChildren(
      ...this.drawing.elements().map((element) => this.line(element, states.get(element.id))),
    );
  }

  private line(element: Element, state: State | undefined): HTMLElement {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = element.name;
    button.addEventListener("click", () => this.pick(element));
    const rest = document.createElement("span");
    rest.textContent = ` ${element.type} · ${state?.text ?? say("waiting")}`;
    item.className = state ? `dg-line-${state.mark}` : "";
    item.append(button, rest);
    return item;
  }
}
