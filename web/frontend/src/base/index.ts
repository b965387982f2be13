// What every page needs: the look, htmx, menus that close, forms that are sent once.
import "@tabler/core/dist/css/tabler.min.css";
import "@tabler/core/dist/js/tabler.min.js";
import "./base.css";
import htmx from "htmx.org";

declare global {
  interface Window {
    htmx: typeof htmx;
  }
}
window.htmx = htmx;

// What is folded on a phone is open on a desk.
if (window.matchMedia("(max-width: 61.98rem)").matches) {
  document.querySelectorAll<HTMLDetailsElement>("details[data-narrow-closed]").forEach((each) => {
    each.open = false;
  });
}

/** Close menus on Escape and on a click elsewhere; give the focus back to their button. */
function closeMenus(except: Element | null, focus: boolean): void {
  document.querySelectorAll<HTMLDetailsElement>("details.dy-menu[open]").forEach((menu) => {
    if (menu === except) return;
    const inside = menu.contains(document.activeElement);
    menu.open = false;
    if (focus && inside) menu.querySelector("summary")?.focus();
  });
}

document.addEventListener("click", (event) => {
  const target = event.target as Element;
  closeMenus(target.closest("details.dy-menu"), false);
  const fill = target.closest<HTMLElement>("[data-fill-login]");
  if (fill) fillSignIn(fill);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus(null, true);
  const typing = (event.target as Element).closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing) {
    const box = document.querySelector<HTMLInputElement>("input[type=search]");
    if (box) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  }
});

/** One click on a demo account fills the sign-in form. */
function fillSignIn(chosen: HTMLElement): void {
  const login = document.querySelector<HTMLInputElement>("input[name=login]");
  const password = document.querySelector<HTMLInputElement>("input[name=password]");
  if (!login || !password) return;
  login.value = chosen.dataset["fillLogin"] ?? "";
  password.value = chosen.dataset["fillPassword"] ?? "";
  document.querySelector<HTMLButtonElement>("#sign-in button[type=submit]")?.focus();
}

/** A form is sent once: its button waits until the answer is there (or the page comes back). */
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  const form = event.target as HTMLFormElement;
  if (form.method !== "post") return;
  if (form.dataset["sent"]) {
    event.preventDefault();
    return;
  }
  form.dataset["sent"] = "true";
  form.querySelectorAll<HTMLButtonElement>("button[type=submit]").forEach((button) => {
    button.setAttribute("aria-busy", "true");
  });
});

window.addEventListener("pageshow", () => {
  document.querySelectorAll<HTMLFormElement>("form[data-sent]").forEach((form) => {
    delete form.dataset["sent"];
    form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
  });
});
