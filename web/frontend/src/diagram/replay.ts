// A slider through the steps of a case: the drawing and the timeline follow it.

import type { Step } from "./path";
import { say } from "./texts";

const PACE_MS = 1200;

/** Shapes on a field of 16 by 16: no font needs to have these signs. */
const ICONS = {
  first: "M3 3v10M13 3 6 8l7 5z",
  previous: "M11 3 5 8l6 5z",
  play: "M5 3l8 5-8 5z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  next: "M5 3l6 5-6 5z",
  last: "M13 3v10M3 3l7 5-7 5z",
} as const;

function icon(name: keyof typeof ICONS): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  path.setAttribute("fill", "currentColor");
  path.setAttribute("stroke", "currentColor");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("width", "16");
  svg.setAttribute("height", "16");
  svg.setAttribute("aria-hidden", "true");
  svg.append(path);
  return svg;
}

export class Replay {
  private readonly slider = document.createElement("input");
  private readonly told = document.createElement("p");
  private readonly player: HTMLButtonElement;
  private timer: number | undefined;

  constructor(
    host: HTMLElement,
    private readonly steps: Step[],
    private readonly show: (index: number) => void,
  ) {
    this.slider.type = "range";
    this.slider.className = "form-range";
    this.slider.min = "0";
    this.slider.max = String(steps.length - 1);
    this.slider.value = this.slider.max;
    this.slider.setAttribute("aria-label", say("slider"));
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    this.told.className = "dg-replay-text";
    this.told.setAttribute("aria-live", "polite");
    this.player = this.button("play", () => this.toggle());
    const bar = document.createElement("div");
    bar.className = "dg-replay-bar";
    bar.append(
      this.button("first", () => this.go(0)),
      this.button("previous", () => this.go(this.index - 1)),
      this.player,
      this.button("next", () => this.go(this.index + 1)),
      this.button("last", () => this.go(steps.length - 1)),
      this.slider,
    );
    host.replaceChildren(bar, this.told);
    this.tell();
  }

  private get index(): number {
    return Number(this.slider.value);
  }

  private go(index: number, byHand = true): void {
    if (byHand) this.stop();
    this.slider.value = String(Math.min(this.steps.length - 1, Math.max(0, index)));
    this.show(this.index);
    this.tell();
  }

  private tell(): void {
    const step = this.steps[this.index];
    const place = say("step", { n: this.index + 1, all: this.steps.length });
    this.told.textContent = step ? `${place} · ${step.at} · ${step.sentence}` : place;
    this.slider.setAttribute("aria-valuetext", this.told.textContent);
    for (const row of document.querySelectorAll<HTMLElement>("[data-seq]"))
      row.classList.toggle("dg-now", row.dataset["seq"] === String(step?.seq));
  }

  private toggle(): void {
    if (this.timer !== undefined) return this.stop();
    if (this.index === this.steps.length - 1) this.go(0);
    this.label("pause");
    this.timer = window.setInterval(() => {
      if (this.index >= this.steps.length - 1) return this.stop();
      this.go(this.index + 1, false);
    }, PACE_MS);
  }

  private stop(): void {
    window.clearInterval(this.timer);
    this.timer = undefined;
    this.label("play");
  }

  private label(name: "play" | "pause"): void {
    this.player.setAttribute("aria-label", say(name));
    this.player.title = say(name);
    this.player.replaceChildren(icon(name));
  }

  private button(name: keyof typeof ICONS, act: () => void): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm dg-replay-button";
    button.setAttribute("aria-label", say(name));
    button.title = say(name);
    button.append(icon(name));
    button.addEventListener("click", act);
    return button;
  }
}
