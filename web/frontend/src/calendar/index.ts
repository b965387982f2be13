// The calendar of an instrument: free and taken times; a free time is chosen by pointer or touch,
// and by the lists beside it for whoever uses the keyboard. All times are Zhejiang's: the server
// gives and gets wall-clock times, so the reader's own time zone never matters.
import { createCalendar, Interaction, TimeGrid } from "@event-calendar/core";
import "@event-calendar/core/index.css";
import "./calendar.css";

interface Words {
  free: string;
  taken: string;
  mine: string;
  today: string;
  day: string;
  week: string;
  previous: string;
  next: string;
  not_free: string;
  failed: string;
}

interface Settings {
  url: string;
  book: string;
  now: string;
  last: string;
  opens: string;
  closes: string;
  step: number;
  least: number;
  most: number;
  locale: string;
  words: Words;
}

interface Stretch {
  start: string;
  end: string;
}

interface Answer {
  free: Stretch[];
  busy: (Stretch & { mine: boolean })[];
}

const MINUTE = 60_000;

/** A Date whose local fields are the wall clock of Zhejiang, as the calendar draws them. */
function wall(text: string): Date {
  return new Date(text.slice(0, 19));
}

function written(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

function clock(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}:00`;
}

class FreeTimes {
  private free: Stretch[] = [];

  constructor(
    private readonly settings: Settings,
    private readonly host: HTMLElement,
    private readonly notice: HTMLElement,
  ) {}

  open(): void {
    const { settings } = this;
    const narrow = window.matchMedia("(max-width: 47.98rem)");
    const view = () => (narrow.matches ? "timeGridDay" : "timeGridWeek");
    const calendar = createCalendar(this.host, [TimeGrid, Interaction], {
      view: view(),
      date: wall(settings.now),
      locale: settings.locale,
      firstDay: 1,
      allDaySlot: false,
      height: "auto",
      slotMinTime: settings.opens,
      slotMaxTime: settings.closes,
      slotDuration: clock(Math.max(settings.step, 30)),
      snapDuration: clock(settings.step),
      slotHeight: 26,
      nowIndicator: false,
      validRange: { start: wall(settings.now), end: wall(settings.last) },
      headerToolbar: { start: "title", center: "", end: "today prev,next" },
      buttonText: (texts: object) => ({ ...texts, today: settings.words.today }),
      slotLabelFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
      eventTimeFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
      dayHeaderFormat: (date: Date) => this.heading(date),
      titleFormat: (start: Date, end: Date) => this.title(start, end),
      selectable: true,
      selectLongPressDelay: 250,
      editable: false,
      eventSources: [{ events: (span: { start: Date; end: Date }) => this.events(span) }],
      select: (chosen: { start: Date; end: Date }) => this.choose(chosen.start, chosen.end),
      dateClick: (clicked: { date: Date }) => this.choose(clicked.date, null),
      eventClick: (clicked: { event: { start: Date; end: Date } }) => this.choose(clicked.event.start, clicked.event.end),
    });
    this.dropTableRoles();
    narrow.addEventListener("change", () => calendar.setOption("view", view()));
    const named: [string, string][] = [
      [".ec-prev", settings.words.previous],
      [".ec-next", settings.words.next],
    ];
    for (const [button, text] of named) {
      this.host.querySelector(button)?.setAttribute("aria-label", text);
    }
  }

  private heading(date: Date): string {
    const weekday = date.toLocaleDateString(this.settings.locale, { weekday: "short" });
    return `${weekday} ${date.getMonth() + 1}/${date.getDate()}`;
  }

  private title(start: Date, end: Date): string {
    const { locale } = this.settings;
    const day: Intl.DateTimeFormatOptions = { month: "long", day: "numeric" };
    const whole = start.toLocaleDateString(locale, { ...day, year: "numeric" });
    if (start.getTime() === end.getTime()) return whole;
    return `${whole} – ${end.toLocaleDateString(locale, day)}`;
  }

  /**
   * The calendar calls itself a table but holds buttons and articles where rows belong, which
   * screen readers report wrongly. Without these roles it is read as it is: a list of days with
   * the times taken on each; the lists beside it say what is free.
   */
  private dropTableRoles(): void {
    const roles = ["table", "rowgroup", "row", "columnheader", "rowheader", "cell"];
    const counts = ["aria-colindex", "aria-rowindex", "aria-colcount", "aria-rowcount"];
    const wrong = [
      ...roles.map((role) => `[role=${role}]`),
      ...counts.map((count) => `[${count}]`),
    ].join(",");
    const drop = () => {
      for (const each of this.host.querySelectorAll(wrong)) {
        if (roles.includes(each.getAttribute("role") ?? "")) each.removeAttribute("role");
        for (const count of counts) each.removeAttribute(count);
      }
    };
    drop();
    new MutationObserver(drop).observe(this.host, { childList: true, subtree: true });
  }

  private async events(span: { start: Date; end: Date }): Promise<object[]> {
    const query = new URLSearchParams({ start: written(span.start), end: written(span.end) });
    const response = await fetch(`${this.settings.url}?${query}`, {
      headers: { Accept: "application/json" },
    });
    if (!response.ok) {
      this.tell(this.settings.words.failed);
      return [];
    }
    const { free, busy } = (await response.json()) as Answer;
    this.free = free;
    const { words } = this.settings;
    return [
      ...free.map((each) => ({
        start: wall(each.start),
        end: wall(each.end),
        display: "background",
        classNames: ["dy-free"],
      })),
      ...busy.map((each) => ({
        start: wall(each.start),
        end: wall(each.end),
        title: each.mine ? words.mine : words.taken,
        classNames: [each.mine ? "dy-mine" : "dy-taken"],
      })),
    ];
  }

  /** Choose a time; a click alone means the shortest booking from there. */
  private choose(start: Date, end: Date | null): void {
    const { least, most, words } = this.settings;
    const from = start.getTime();
    const asked = end ? end.getTime() : from + least * MINUTE;
    const until = Math.min(Math.max(asked, from + least * MINUTE), from + most * MINUTE);
    const stretch = this.free.find(
      (each) => wall(each.start).getTime() <= from && until <= wall(each.end).getTime(),
    );
    if (!stretch) return this.tell(words.not_free);
    this.tell("");
    this.fill(new Date(from), new Date(until));
  }

  /** Put the chosen time into the form beside the calendar. */
  private fill(start: Date, end: Date): void {
    const [day, from] = written(start).split("T") as [string, string];
    const [lastDay, to] = written(end).split("T") as [string, string];
    const until = lastDay === day ? to : "24:00";
    for (const [name, value] of [["day", day], ["from", from], ["to", until]] as const) {
      const field = document.querySelector<HTMLSelectElement>(`#choose-time [name=${name}]`);
      if (!field) return;
      field.value = value;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const button = document.querySelector<HTMLButtonElement>("#choose-time button[type=submit]");
    button?.scrollIntoView({ block: "nearest", behavior: "smooth" });
    button?.focus({ preventScroll: true });
  }

  private tell(text: string): void {
    this.notice.textContent = text;
    this.notice.hidden = text === "";
  }
}

const host = document.getElementById("calendar");
const script = document.getElementById("calendar-data");
const notice = document.getElementById("calendar-notice");
if (host && script && notice) {
  new FreeTimes(JSON.parse(script.textContent ?? "{}") as Settings, host, notice).open();
}
