// One instrument's day: current, states and bookings on one axis. The tables beside the chart hold
// the same facts. Times come as the wall clock of Zhejiang in milliseconds and are drawn as UTC, so
// that the reader's own time zone never matters.
import { CustomChart, LineChart } from "echarts/charts";
import { AriaComponent, DataZoomComponent, GridComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([
  AriaComponent,
  CanvasRenderer,
  CustomChart,
  DataZoomComponent,
  GridComponent,
  LineChart,
  TooltipComponent,
]);

type State = "running" | "standby" | "off" | "offline";

interface Words {
  states: Record<State, string>;
  current: string;
  most: string;
  state: string;
  booking: string;
  failed: string;
}

interface Day {
  start: number;
  end: number;
  current: [number, number | null, number | null][];
  states: { start: number; end: number; state: State }[];
  bookings: { start: number; end: number; status: string; who: string }[];
}

const COLOURS: Record<State, string> = {
  running: "#1f7047",
  standby: "#c27c0e",
  off: "#7b8794",
  offline: "#dbe2e9",
};
/** Signs drawn on the bands: a colour never stands alone. */
const SIGNS: Record<State, string> = { running: "●", standby: "◐", off: "○", offline: "?" };
const INK = "#52616f";
const BOOKED = "#1d5c9e";

function clock(at: number): string {
  return new Date(at).toISOString().slice(11, 16);
}

function axis(day: Day, gridIndex: number, labels: boolean): object {
  return {
    type: "time",
    gridIndex,
    min: day.start,
    max: day.end,
    axisLabel: { show: labels, color: INK, formatter: clock, hideOverlap: true },
    axisTick: { show: labels },
    axisLine: { lineStyle: { color: "#dbe2e9" } },
    splitLine: { show: gridIndex === 0, lineStyle: { color: "#eaf0f6" } },
  };
}

function lane(gridIndex: number, name: string): object {
  return {
    type: "category",
    gridIndex,
    data: [name],
    axisLabel: { color: INK },
    axisTick: { show: false },
    axisLine: { show: false },
  };
}

interface Api {
  value(dimension: number): number;
  coord(point: [number, number]): [number, number];
  size(size: [number, number]): [number, number];
}

/** Returns the text, its first sign alone, or nothing, as there is room. */
function fitting(text: string, room: number): string {
  const wide = [...text].reduce((sum, sign) => sum + (sign.charCodeAt(0) > 0xff ? 12 : 7), 0);
  if (wide <= room) return text;
  return room >= 10 ? [...text][0]! : "";
}

/** Draws one stretch of time as a bar with a text in it where there is room. */
function bar(texts: string[], colours: string[], inks: string[]) {
  return (_: unknown, api: Api): object => {
    const [left, middle] = api.coord([api.value(0), 0]);
    const [right] = api.coord([api.value(1), 0]);
    const height = api.size([0, 1])[1] * 0.8;
    const index = api.value(2);
    const width = Math.max(1, right - left);
    return {
      type: "group",
      children: [
        {
          type: "rect",
          shape: { x: left, y: middle - height / 2, width, height },
          style: { fill: colours[index], stroke: "#ffffff", lineWidth: width > 4 ? 1 : 0 },
        },
        {
          type: "text",
          silent: true,
          style: {
            text: fitting(texts[index] ?? "", width - 6),
            x: left + width / 2,
            y: middle,
            align: "center",
            verticalAlign: "middle",
            fill: inks[index],
            fontSize: 12,
          },
        },
      ],
    };
  };
}

function told(params: { seriesIndex: number; data: unknown }, day: Day, words: Words): string {
  if (params.seriesIndex < 2) {
    const [at, typical, most] = params.data as [number, number | null, number | null];
    return typical === null ? clock(at) : `${clock(at)}  ${typical} A\n${words.most}: ${most} A`;
  }
  const [start, end, index] = params.data as [number, number, number];
  const span = `${clock(start)}–${clock(end)}`;
  if (params.seriesIndex === 2) return `${span}  ${words.states[day.states[index]!.state]}`;
  const booking = day.bookings[index]!;
  return `${span}  ${words.booking}\n${booking.who} ${booking.status}`;
}

function option(day: Day, words: Words, narrow: boolean): Record<string, unknown> {
  const left = narrow ? 44 : 64;
  const grid = { left, right: 16 };
  const bars = (stretches: { start: number; end: number }[]): number[][] =>
    stretches.map((each, index) => [each.start, each.end, index]);
  return {
    useUTC: true,
    animation: false,
    aria: { enabled: false },
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: [
      { ...grid, top: 24, height: 180 },
      { ...grid, top: 224, height: 36 },
      { ...grid, top: 268, height: 36 },
    ],
    xAxis: [axis(day, 0, false), axis(day, 1, false), axis(day, 2, true)],
    yAxis: [
      {
        type: "value",
        gridIndex: 0,
        min: 0,
        name: words.current,
        nameTextStyle: { color: INK, align: "left" },
        axisLabel: { color: INK },
        splitLine: { lineStyle: { color: "#eaf0f6" } },
      },
      lane(1, words.state),
      lane(2, words.booking),
    ],
    dataZoom: [
      { type: "inside", xAxisIndex: [0, 1, 2], zoomOnMouseWheel: "ctrl", moveOnMouseMove: !narrow },
    ],
    tooltip: {
      // Drawn on the canvas: no mark-up is made from names.
      renderMode: "richText",
      trigger: "item",
      confine: true,
      formatter: (params: { seriesIndex: number; data: unknown }) => told(params, day, words),
    },
    series: [
      {
        type: "line",
        data: day.current.map(([at, , most]) => [at, most, most]),
        lineStyle: { width: 1, color: "#9db4cc" },
        showSymbol: false,
        silent: true,
        connectNulls: false,
      },
      {
        type: "line",
        data: day.current,
        lineStyle: { width: 1.5, color: BOOKED },
        itemStyle: { color: BOOKED },
        symbolSize: 3,
        showSymbol: false,
        triggerLineEvent: true,
        connectNulls: false,
      },
      {
        type: "custom",
        xAxisIndex: 1,
        yAxisIndex: 1,
        encode: { x: [0, 1] },
        data: bars(day.states),
        clip: true,
        renderItem: bar(
          day.states.map(({ state }) => `${SIGNS[state]} ${words.states[state]}`),
          day.states.map(({ state }) => COLOURS[state]),
          day.states.map(({ state }) => (state === "offline" ? "#1c2b3a" : "#ffffff")),
        ),
      },
      {
        type: "custom",
        xAxisIndex: 2,
        yAxisIndex: 2,
        encode: { x: [0, 1] },
        data: bars(day.bookings),
        clip: true,
        renderItem: bar(
          day.bookings.map(({ who, status }) => who || status),
          day.bookings.map(() => BOOKED),
          day.bookings.map(() => "#ffffff"),
        ),
      },
    ],
  };
}

export async function draw(host: HTMLElement): Promise<void> {
  const words = JSON.parse(host.dataset["words"] ?? "{}") as Words;
  const narrow = window.matchMedia("(max-width: 47.98rem)");
  try {
    const answer = await fetch(host.dataset["day"] ?? "", { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const day = (await answer.json()) as Day;
    const chart = echarts.init(host);
    chart.setOption(option(day, words, narrow.matches));
    narrow.addEventListener("change", () => chart.setOption(option(day, words, narrow.matches)));
    new ResizeObserver(() => chart.resize()).observe(host);
    host.dataset["ready"] = "yes";
  } catch {
    host.removeAttribute("role");
    host.classList.add("wa-failed");
    host.textContent = words.failed;
  }
}
