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

function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Send one file in the background; the answer says where it lies, or why it was refused. */
async function sendFile(form: HTMLFormElement, file: File): Promise<{ url?: string; message?: string }> {
  const body = new FormData();
  body.set("file", file, file.name);
  body.set("csrf_token", new FormData(form).get("csrf_token") ?? "");
  const headers = { Accept: "application/json", "Idempotency-Key": newKey() };
  try {
    const response = await fetch(form.action, { method: "POST", body, headers });
    return (await response.json()) as { url?: string; message?: string };
  } catch {
    return {};
  }
}

/** Files go up without leaving the page, so nothing typed elsewhere on it is lost. */
function uploads(form: HTMLFormElement): void {
  const list = document.getElementById(form.dataset.uploads ?? "");
  const status = form.querySelector<HTMLElement>("[data-status]");
  const input = form.querySelector<HTMLInputElement>("input[type=file]");
  const button = form.querySelector("button");
  if (!list || !status || !input || !button) return;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const files = [...(input.files ?? [])];
    button.disabled = true;
    const refused: string[] = [];
    for (const [index, file] of files.entries()) {
      status.textContent = `${form.dataset.sending ?? ""} ${index + 1}/${files.length}`;
      const answer = await sendFile(form, file);
      if (answer.url) list.append(fileLine(file.name, answer.url));
      else refused.push(`${file.name} ${form.dataset.failed ?? ""} ${answer.message ?? ""}`);
    }
    status.textContent = refused.join("; ");
    status.classList.toggle("text-danger", refused.length > 0);
    document.getElementById("no-files")?.toggleAttribute("hidden", list.childElementCount > 0);
    button.disabled = false;
    form.reset();
  });
}

function fileLine(name: string, url: string): HTMLLIElement {
  const line = document.createElement("li");
  const link = document.createElement("a");
  link.href = url;
  link.textContent = name;
  line.append(link);
  return line;
}

document.querySelectorAll<HTMLFormElement>("form[data-uploads]").forEach(uploads);
document.querySelectorAll<HTMLElement>("[data-keys-list]").forEach(listKeys);
document.querySelectorAll<HTMLElement>('[role="tablist"]').forEach(tabs);
document.querySelectorAll<HTMLFormElement>("form[data-once]").forEach(onceOnly);
dialogs();
