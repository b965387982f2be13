// The viewer of bpmn.io with our words, markers, badges and controls around it.

import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import type { State } from "./path";
import { say, typeName } from "./texts";

interface Shape {
  id: string;
  type: string;
  width?: number;
  waypoints?: unknown[];
  businessObject: { id: string; name?: string; $type: string };
}
interface Canvas {
  zoom(level: number | "fit-viewport", center?: "auto"): number;
  zoom(): number;
  viewbox(): { outer: { width: number; height: number }; inner: Box };
  viewbox(box: Box): void;
  scroll(delta: { dx: number; dy: number }): void;
  addMarker(id: string, name: string): void;
  removeMarker(id: string, name: string): void;
  scrollToElement(id: string, padding?: number): void;
  resized(): void;
}
interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}
interface Registry {
  get(id: string): Shape | undefined;
  filter(test: (shape: Shape) => boolean): Shape[];
}
interface Overlays {
  add(id: string, kind: string, overlay: { position: object; html: HTMLElement }): string;
  clear(): void;
}

export interface Element {
  id: string;
  name: string;
  type: string;
}

/** Text stays readable: a diagram wider than its window is not shrunk below this. */
const LEAST_ZOOM = 0.62;
/** In pixels. */
const LEAST_HEIGHT = 300;
const MARGIN = 20;

export class Drawing {
  private readonly viewer: NavigatedViewer;
  private marked: [string, string][] = [];
  private selected: string | null = null;

  constructor(
    private readonly box: HTMLElement,
    private readonly words: Record<string, string>,
  ) {
    // The wheel belongs to the page; with Ctrl it zooms the diagram.
    this.viewer = new NavigatedViewer({ container: box, zoomScroll: { enabled: false } });
    this.viewer.on<{ elementsById?: Record<string, { name?: string; text?: string }> }>(
      "import.parse.complete",
      (event) => this.translate(event.elementsById ?? {}),
    );
    box.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    box.addEventListener("keydown", (event) => this.key(event));
  }

  async open(xml: string, label: string): Promise<void> {
    await this.viewer.importXML(xml);
    this.grow();
    this.fit();
    const svg = this.box.querySelector<SVGElement>("svg[data-element-id]") ?? this.svg();
    svg?.setAttribute("role", "img");
    svg?.setAttribute("aria-label", `${label}. ${say("keys")}`);
    let width = this.box.clientWidth;
    new ResizeObserver(() => {
      if (this.box.clientWidth === width || !this.box.clientWidth) return;
      width = this.box.clientWidth;
      this.canvas.resized();
      this.fit();
    }).observe(this.box);
  }

  onPick(tell: (element: Element) => void): void {
    this.viewer.on<{ element: Shape }>("element.click", ({ element }) => {
      const known = this.element(element.id.replace(/_label$/, ""));
      if (known) tell(known);
    });
  }

  /** The nodes of the process in reading order: from the left, then from the top. */
  elements(): Element[] {
    return this.registry
      .filter((shape) => this.isNode(shape))
      .sort((a, b) => position(a) - position(b))
      .map((shape) => this.element(shape.id) as Element);
  }

  element(id: string): Element | null {
    const shape = this.registry.get(id);
    if (!shape || !(this.isNode(shape) || shape.waypoints)) return null;
    const type = shape.businessObject.$type;
    return { id, name: shape.businessObject.name || say("unnamed"), type: typeName(type) };
  }

  mark(id: string, state: State): void {
    const shape = this.registry.get(id);
    if (!shape) return;
    this.addMarker(id, `dg-${state.mark}`);
    if (!state.badge || shape.waypoints) return;
    const badge = document.createElement("span");
    badge.className = `dg-badge dg-badge-${state.mark}`;
    badge.textContent = state.badge;
    badge.title = state.text;
    this.overlays.add(id, "dg", { position: { top: -12, left: (shape.width ?? 40) - 14 }, html: badge });
  }

  unmark(): void {
    for (const [id, name] of this.marked) this.canvas.removeMarker(id, name);
    this.marked = [];
    this.overlays.clear();
    if (this.selected) this.canvas.addMarker(this.selected, "dg-selected");
  }

  select(id: string | null, bring = false): void {
    if (this.selected) this.canvas.removeMarker(this.selected, "dg-selected");
    this.selected = id && this.registry.get(id) ? id : null;
    if (!this.selected) return;
    this.canvas.addMarker(this.selected, "dg-selected");
    if (bring) this.canvas.scrollToElement(this.selected, 60);
  }

  /** Give a tall diagram the height that it needs at a readable size, within the window. */
  private grow(): void {
    const { outer, inner } = this.canvas.viewbox();
    if (!inner.width || !inner.height) return;
    const zoom = Math.max(LEAST_ZOOM, Math.min(1, outer.width / inner.width));
    const most = Math.max(LEAST_HEIGHT, window.innerHeight * 0.75);
    const height = Math.min(most, Math.max(LEAST_HEIGHT, inner.height * zoom + 2 * MARGIN));
    this.box.style.height = `${Math.round(height)}px`;
    this.canvas.resized();
  }

  fit(): void {
    if (!this.box.clientWidth || !this.box.clientHeight) return;
    this.canvas.zoom("fit-viewport", "auto");
    if (this.canvas.zoom() > 1) this.canvas.zoom(1, "auto");
    if (this.canvas.zoom() >= LEAST_ZOOM) return;
    // Show the beginning at a readable size; the rest is a drag or an arrow key away.
    const { outer, inner } = this.canvas.viewbox();
    const [width, height] = [outer.width / LEAST_ZOOM, outer.height / LEAST_ZOOM];
    const y = inner.height < height ? inner.y - (height - inner.height) / 2 : inner.y - MARGIN;
    this.canvas.viewbox({ x: inner.x - MARGIN, y, width, height });
  }

  whole(): void {
    this.canvas.zoom("fit-viewport", "auto");
  }

  zoom(factor: number): void {
    this.canvas.zoom(Math.min(4, Math.max(0.15, this.canvas.zoom() * factor)), "auto");
  }

  private addMarker(id: string, name: string): void {
    this.canvas.addMarker(id, name);
    this.marked.push([id, name]);
  }

  private isNode(shape: Shape): boolean {
    return !shape.waypoints && shape.type !== "label" && isFlowNode(shape.businessObject.$type);
  }

  private translate(elements: Record<string, { name?: string; text?: string }>): void {
    for (const element of Object.values(elements)) {
      if (element.name) element.name = this.words[element.name] ?? element.name;
      if (element.text) element.text = this.words[element.text] ?? element.text;
    }
  }

  private wheel(event: WheelEvent): void {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.zoom(event.deltaY < 0 ? 1.1 : 1 / 1.1);
  }

  private key(event: KeyboardEvent): void {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    act(this);
  }

  pan(dx: number, dy: number): void {
    this.canvas.scroll({ dx, dy });
  }

  private svg(): SVGElement | null {
    return this.box.querySelector("svg");
  }
  private get canvas(): Canvas {
    return this.viewer.get<Canvas>("canvas");
  }
  private get registry(): Registry {
    return this.viewer.get<Registry>("elementRegistry");
  }
  private get overlays(): Overlays {
    return this.viewer.get<Overlays>("overlays");
  }
}

const KEYS: Record<string, (drawing: Drawing) => void> = {
  "+": (d) => d.zoom(1.2),
  "=": (d) => d.zoom(1.2),
  "-": (d) => d.zoom(1 / 1.2),
  "0": (d) => d.whole(),
  ArrowLeft: (d) => d.pan(60, 0),
  ArrowRight: (d) => d.pan(-60, 0),
  ArrowUp: (d) => d.pan(0, 60),
  ArrowDown: (d) => d.pan(0, -60),
};

const FLOW_NODE = /^bpmn:(.*(Event|Task|Gateway|Activity)|SubProcess|Transaction|Task)$/;

function isFlowNode(type: string): boolean {
  return FLOW_NODE.test(type);
}

function position(shape: Shape): number {
  const { x = 0, y = 0 } = shape as { x?: number; y?: number };
  return x + y / 10_000;
}
