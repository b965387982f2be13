// Lists and records of cases: row keys (j, k, Enter), the search box (/), links to the diagram.

import "./monitor.css";

function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-rows] a[data-row]")];
}

function move(by: number): void {
  const all = rows();
  const now = all.indexOf(document.activeElement as HTMLElement);
  all[now < 0 ? 0 : Math.min(all.length - 1, Math.max(0, now + by))]?.focus();
}

function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  return /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable;
}

document.addEventListener("keydown", (event) => {
  if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  const box = document.querySelector<HTMLInputElement>("input[data-search]");
  if (event.key === "/" && box) {
    event.preventDefault();
    box.focus();
    box.select();
  }
  if (event.key === "j") move(1);
  if (event.key === "k") move(-1);
});

// A choice in a filter is a search; without this script the button does it.
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-filters]"))
  form.addEventListener("change", (event) => {
    if ((event.target as HTMLElement).tagName === "SELECT") form.requestSubmit();
  });

// Publishing is possible once the sentence is typed as it stands.
for (const box of document.querySelectorAll<HTMLInputElement>("input[data-confirm]")) {
  const button = box.form?.querySelector<HTMLButtonElement>("button[data-confirmed]");
  const test = (): void => {
    if (button) button.disabled = box.value.trim() !== box.dataset["confirm"];
  };
  box.addEventListener("input", test);
  test();
}

// "Show all" unfolds what the platform did between the steps of people.
for (const box of document.querySelectorAll<HTMLInputElement>("input[data-show-quiet]"))
  box.addEventListener("change", () => {
    const list = document.getElementById(box.getAttribute("aria-controls") ?? "");
    list?.classList.toggle("mn-all", box.checked);
  });
