// The form of a task: form-js in the reader's language, drafts, files, and a submission that
// happens once.
import { Form } from "@bpmn-io/form-js-viewer";
import "@bpmn-io/form-js-viewer/dist/assets/form-js.css";
import flatpickr from "flatpickr";
import { Mandarin } from "flatpickr/dist/l10n/zh.js";
import { Attempt } from "./attempt";
import { Drafts } from "./drafts";
import { Uploads } from "./files";
import { freshToken, Offline, Refused, send, SignedOut } from "./network";
import { findings, placeProblems, showNotice, showSummary } from "./refusals";
import "./style.css";
import type { Errors, PageData, Values } from "./types";
import { chineseMessage, keepChinese, withoutPhones } from "./vocabulary";
import { clockTime, isChinese, speaker, type Say } from "./words";

interface Validator {
  validateFieldInstance(instance: unknown, value: unknown): string[];
}

interface Page {
  data: PageData;
  root: HTMLElement;
  summary: HTMLElement;
  status: HTMLElement | null;
  submit: HTMLButtonElement | null;
  save: HTMLButtonElement | null;
  say: Say;
}

class TaskForm {
  private readonly form: Form;
  private readonly attempt: Attempt;
  private readonly uploads: Uploads;
  private readonly drafts: Drafts | null;
  private csrf: string;
  private busy = false;
  private ready = false;

  constructor(private readonly page: Page) {
    const { data, root, say } = page;
    this.csrf = data.csrf;
    this.attempt = new Attempt(data.key);
    root.replaceChildren();
    this.form = new Form({
      container: root,
      properties: { readOnly: data.read_only, ariaLabel: document.title },
    });
    this.replaceMessages();
    this.uploads = new Uploads(this.form, data.files);
    const draft_url = data.read_only ? null : data.draft_url;
    this.drafts = draft_url
      ? new Drafts({
          url: draft_url,
          csrf: () => this.csrf,
          locale: data.locale,
          say,
          status: page.status,
          values: () => this.values(),
        })
      : null;
  }

  async open(): Promise<void> {
    const { data, root, status, say } = this.page;
    const values: Values = { ...data.data, ...(data.draft?.data ?? {}) };
    this.form.on("import.done", () => this.uploads.restore(values));
    await this.form.importSchema(data.schema, values);
    root.removeAttribute("aria-busy");
    if (data.draft && status && !data.read_only) {
      const time = clockTime(data.draft.saved_at, data.locale);
      status.textContent = say("saved", { time });
      this.offerDiscard(time);
    }
    this.listen();
    // Computed fields settle in the first moments; those changes are not the person's.
    window.setTimeout(() => (this.ready = true), 300);
  }

  /** form-js has no translations and knows no Chinese telephone numbers: replace what it says. */
  private replaceMessages(): void {
    const chinese = isChinese(this.page.data.locale);
    const validator = this.form.get("validator") as Validator;
    const english = validator.validateFieldInstance.bind(validator);
    validator.validateFieldInstance = (instance, value) => {
      const found = withoutPhones(english(instance, value), value);
      return chinese ? found.map(chineseMessage) : found;
    };
    if (!chinese) return;
    flatpickr.localize(Mandarin);
    keepChinese(this.page.root);
  }

  private listen(): void {
    const { root, submit, save, data } = this.page;
    if (data.read_only) return;
    this.form.on("field.updated", () => this.ready && this.drafts?.touch());
    // Enter in a text field must not file the form; a button drawn into the form may.
    root.addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        event.stopPropagation();
        if ((event as SubmitEvent).submitter) void this.submit();
      },
      true,
    );
    submit?.addEventListener("click", () => void this.submit());
    save?.addEventListener("click", () => void this.drafts?.now());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        void this.submit();
      }
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.busy) event.preventDefault();
    });
  }

  private offerDiscard(time: string): void {
    const { data, root, say } = this.page;
    const line = document.createElement("p");
    line.className = "task-restored";
    line.textContent = say("restored", { time });
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-link btn-sm p-0 ms-2";
    button.textContent = say("discard");
    button.addEventListener("click", () => {
      if (!window.confirm(say("discard_sure"))) return;
      void this.form.importSchema(data.schema, data.data).then(() => this.drafts?.now());
      line.remove();
    });
    line.append(button);
    root.before(line);
  }

  /** What is in the form now, without form-js's own keys for files. */
  private values(): Values {
    const form = this.form as unknown as { _getSubmitData(): Values };
    return this.uploads.resolve(form._getSubmitData());
  }

  private async submit(): Promise<void> {
    if (this.busy || this.page.data.read_only) return;
    this.setBusy(this.page.say("submitting"));
    this.page.summary.hidden = true;
    try {
      await this.settle();
      if (this.refusedHere()) return this.setBusy(null);
      await this.drafts?.stop();
      await this.uploadFiles();
      await this.file();
    } catch (error) {
      this.drafts?.resume();
      this.setBusy(null);
      await this.explain(error);
    }
  }

  /** Let the last keystroke reach the computed fields. */
  private async settle(): Promise<void> {
    (document.activeElement as HTMLElement | null)?.blur();
    await new Promise((resolve) => window.setTimeout(resolve, 60));
  }

  /** True if the browser's own validation has found something. */
  private refusedHere(): boolean {
    const { root, summary, say } = this.page;
    const errors = this.form.validate() as Errors;
    const found = findings(root, this.form, errors);
    if (!found.length) return false;
    showSummary(summary, say("check_fields", { n: found.length }), found);
    return true;
  }

  private async uploadFiles(): Promise<void> {
    const url = this.page.data.files_url;
    if (!url) return;
    await this.uploads.send(url, this.csrf, (n, total) =>
      this.setBusy(this.page.say("uploading", { n, total })),
    );
    this.setBusy(this.page.say("submitting"));
  }

  private async file(): Promise<void> {
    const body = JSON.stringify({ data: this.values() });
    const answer = await send<{ next: string }>({
      url: this.page.data.action,
      body,
      key: this.attempt.keyFor(body),
      csrf: this.csrf,
      json: true,
    });
    this.busy = false;
    location.assign(answer.next);
  }

  private async explain(error: unknown): Promise<void> {
    const { summary, say, data } = this.page;
    const action = this.page.submit?.dataset.label ?? "";
    if (error instanceof SignedOut) {
      showNotice(summary, {
        text: say("expired", { action }),
        link: { href: data.sign_in, text: say("sign_in"), apart: true },
      });
      this.renewOnReturn();
    } else if (error instanceof Offline) {
      showNotice(summary, { text: say("offline", { action }) });
    } else if (error instanceof Refused) {
      this.attempt.settled();
      this.showRefusal(error);
    } else {
      throw error;
    }
  }

  private showRefusal({ refusal }: Refused): void {
    const { summary, root, say } = this.page;
    if (refusal.problems && Object.keys(refusal.problems).length) {
      const found = placeProblems(root, this.form, refusal.problems, say);
      return showSummary(summary, say("check_fields", { n: found.length }), found);
    }
    const { reference, next } = refusal;
    showNotice(summary, {
      text: refusal.message,
      reference: reference ? say("reference", { reference }) : undefined,
      link: next ? { href: next, text: next } : undefined,
    });
  }

  /** After a new sign-in in another window the old token is void: fetch one when we are back. */
  private renewOnReturn(): void {
    const renew = async () => {
      const token = await freshToken();
      if (token === null) return;
      this.csrf = token;
      this.page.summary.hidden = true;
      window.removeEventListener("focus", renew);
      this.drafts?.touch();
    };
    window.addEventListener("focus", renew);
  }

  private setBusy(text: string | null): void {
    const { submit, root } = this.page;
    this.busy = text !== null;
    root.inert = this.busy;
    if (!submit) return;
    submit.dataset.label ??= submit.textContent?.trim() ?? "";
    submit.setAttribute("aria-disabled", String(this.busy));
    submit.classList.toggle("is-busy", this.busy);
    submit.textContent = text ?? submit.dataset.label;
  }
}

function start(): void {
  const root = document.getElementById("task-form");
  const script = document.getElementById("task-form-data");
  const summary = document.getElementById("task-form-summary");
  if (!root || !script || !summary) return;
  const data = JSON.parse(script.textContent ?? "{}") as PageData;
  const say = speaker(data.locale);
  const page: Page = {
    data,
    root,
    summary,
    say,
    status: document.getElementById("task-form-saved"),
    submit: document.getElementById("task-form-submit") as HTMLButtonElement | null,
    save: document.getElementById("task-form-save") as HTMLButtonElement | null,
  };
  new TaskForm(page).open().catch((error: unknown) => {
    console.error(error);
    root.removeAttribute("aria-busy");
    showNotice(summary, { text: say("broken") });
  });
}

start();
