// Pages of the inbox: lists under the keyboard, tabs, and a question before what cannot be undone.
import "./style.css";

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest("input, textarea, select, [contenteditable], dialog") !== null
  );
}

/** j and k move through the rows of a list, Enter (the link's own key) opens one. */
function listKeys(list: HTMLElement): void {
  const links = () => [...list.querySelectorAll<HTMLAnchorElement>("a[data-row]")];
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key !== "j" && event.key !== "k") return;
    const rows = links();
    if (!rows.length) return;
    event.preventDefault();
    const here = rows.indexOf(document.activeElement as HTMLAnchorElement);
    const next = event.key === "j" ? here + 1 : here < 0 ? rows.length - 1 : here - 1;
    rows[Math.min(Math.max(next, 0), rows.length - 1)]?.focus();
  });
}

/** Tabs after the ARIA pattern: arrows move, only one panel is shown. */
function tabs(bar: HTMLElement): void {
  const all = [...bar.querySelectorAll<HTMLButtonElement>('[role="tab"]')];
  const show = (chosen: HTMLButtonElement, focus: boolean) => {
    for (const tab of all) {
      const isChosen = tab === chosen;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
      if (panel) panel.hidden = !isChosen;
    }
    if (focus) chosen.focus();
    // A drawing that was hidden has to measure its place again.
    window.dispatchEvent(new Event("resize"));
  };
  all.forEach((tab, index) => {
    tab.addEventListener("click", () => show(tab, false));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      show(all[(index + step + all.length) % all.length]!, true);
    });
  });
}

/** A button opens the dialog that it names; Escape and the cancel button close it. */
function dialogs(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-opens]")) {
    const dialog = document.getElementById(button.dataset.opens ?? "");
    if (!(dialog instanceof HTMLDialogElement)) continue;
    button.addEventListener("click", () => dialog.showModal());
    dialog.addEventListener("close", () => button.focus());
    for (const closer of dialog.querySelectorAll("[data-closes]")) {
      closer.addEventListener("click", () => dialog.close());
    }
  }
}

/** A form sent twice by a double click is sent once; the second click does nothing. */
function onceOnly(form: HTMLFormElement): void {
  let isSent = false;
  form.addEventListener("submit", (event) => {
    if (isSent) event.preventDefault();
    isSent = true;
    form.querySelector("button:not([type=button])")?.classList.add("is-waiting");
  });
  window.addEventListener("pageshow", () => (isSent = false));
}

document.querySelectorAll<HTMLElement>("[data-keys-list]").forEach(listKeys);
document.querySelectorAll<HTMLElement>('[role="tablist"]').forEach(tabs);
document.querySelectorAll<HTMLFormElement>("form[data-once]").forEach(onceOnly);
dialogs();
