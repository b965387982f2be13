// The wall of states and an instrument's day. Only a page with a chart loads the chart library.
import "./watch.css";

const hosts = [...document.querySelectorAll<HTMLElement>("[data-day]")];
if (hosts.length) void import("./chart").then(({ draw }) => hosts.forEach((host) => void draw(host)));

// The day is chosen as soon as the date is; without this script the button does it.
for (const field of document.querySelectorAll<HTMLInputElement>(".wa-days input[type=date]"))
  field.addEventListener("change", () => {
    if (field.value) field.form?.requestSubmit();
  });
