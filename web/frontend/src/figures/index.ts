// Bar charts of figures. Each canvas stands beside a table that says the same; the numbers come
// as JSON in the page, so that nothing is asked for twice.

import { BarChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import "./figures.css";

use([BarChart, AriaComponent, GridComponent, LegendComponent, SVGRenderer]);

interface Figures {
  names: string[];
  unit: string;
  series: { name: string; values: number[] }[];
}

const COLOURS = ["#1f5f8b", "#c98a1b"];
const NARROW = 560;

function short(name: string, most: number): string {
  return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}

function draw(place: HTMLElement): void {
  const data = JSON.parse(place.dataset["figures"] ?? "{}") as Figures;
  const narrow = place.clientWidth < NARROW;
  place.style.height = `${Math.max(200, data.names.length * (narrow ? 44 : 38) + 70)}px`;
  const chart = init(place, undefined, { renderer: "svg" });
  chart.setOption({
    animation: false,
    color: COLOURS,
    // Measured in the font in which it is drawn, or labels would be cut off.
    textStyle: { fontFamily: getComputedStyle(place).fontFamily },
    grid: { left: 4, right: 40, top: 36, bottom: 4, containLabel: true },
    legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 10 },
    xAxis: { type: "value", axisLabel: { formatter: `{value} ${data.unit}`, hideOverlap: true } },
    yAxis: {
      type: "category",
      inverse: true,
      data: data.names,
      axisTick: { show: false },
      axisLabel: { formatter: (name: string) => short(name, narrow ? 8 : 22) },
    },
    series: data.series.map((one) => ({
      type: "bar",
      name: one.name,
      data: one.values,
      barMaxWidth: 14,
      label: { show: true, position: "right", fontSize: 11 },
    })),
  });
  place.dataset["ready"] = "yes";
  new ResizeObserver(() => chart.resize()).observe(place);
}

for (const place of document.querySelectorAll<HTMLElement>("[data-figures]")) draw(place);
