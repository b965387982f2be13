// The income chart: net yuan by month, one bar a month, the instruments stacked in it.

import { BarChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

interface Figures {
  months: string[];
  series: { name: string; values: number[] }[];
  unit: string;
}

use([AriaComponent, BarChart, GridComponent, LegendComponent, SVGRenderer, TooltipComponent]);

const COLOURS = ["#1d5c9e", "#5b8fc4", "#2f7d57", "#8a5200", "#6a4c93", "#a8261d", "#8797a7"];

function draw(place: HTMLElement, figures: Figures): void {
  const chart = init(place, undefined, { renderer: "svg" });
  chart.setOption({
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    aria: { enabled: true, decal: { show: true } },
    color: COLOURS,
    grid: { left: 8, right: 12, top: 36, bottom: 56, containLabel: true },
    legend: { type: "scroll", bottom: 0, itemWidth: 14, textStyle: { color: "#1c2b3a" } },
    tooltip: {
      trigger: "axis",
      axisPointer: { type: "shadow" },
      confine: true,
      renderMode: "richText",
      valueFormatter: (value: unknown) =>
        Number(value).toLocaleString("en", { minimumFractionDigits: 2 }),
    },
    xAxis: { type: "category", data: figures.months, axisLabel: { color: "#52616f" } },
    yAxis: {
      type: "value",
      name: figures.unit,
      nameTextStyle: { align: "left", color: "#52616f" },
      axisLabel: { color: "#52616f" },
      splitLine: { lineStyle: { color: "#dbe2e9" } },
    },
    series: figures.series.map((one) => ({
      type: "bar" as const,
      name: one.name,
      data: one.values,
      stack: "net",
      barMaxWidth: 36,
    })),
  });
  new ResizeObserver(() => chart.resize()).observe(place);
}

const place = document.getElementById("income-chart");
const source = document.getElementById("income-figures");
if (place && source?.textContent) draw(place, JSON.parse(source.textContent) as Figures);
