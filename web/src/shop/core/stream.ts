import type { Schemas } from "@shared/api/client";

/** What a stream of one customer's orders tells. Positions are of the read model's change log. */
export interface StreamEvents {
  /** `fresh`: nothing was resumed, so all that was visible before stands at or below the position. */
  ready: (ready: Schemas["StreamReady"], fresh: boolean) => void;
  order: (order: Schemas["StreamOrder"]) => void;
  warehouse: (position: number) => void;
  /** What was missed cannot be told; the stream goes on from now. */
  reset: () => void;
  link: (link: Link) => void;
}

export type Link = "connecting" | "live" | "broken";

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** The browser reconnects by itself; after so many failures in a row the stream counts as broken. */
const MAX_QUIET_FAILURES = 2;

/** Reads /api/v1/orderinfo/stream until it is closed, and resumes after whatever comes between. */
export class OrderStream {
  readonly #customer: string;
  readonly #events: StreamEvents;
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last_id = "";
  #failures = 0;
  #fresh = true;

  /** Told after the event of this id, where an earlier stream has ended there. */
  constructor(customer: string, events: StreamEvents, after = "") {
    this.#customer = customer;
    this.#last_id = after;
    this.#events = events;
    this.#open();
  }

  /** Where the next stream may go on. */
  get last_id(): string {
    return this.#last_id;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
  }

  /** Begins anew from now. */
  restart(): void {
    this.#last_id = "";
    this.resume();
  }

  /** Connects at once, without waiting for the next attempt. */
  resume(): void {
    this.close();
    this.#open();
  }

  #open(): void {
    this.#events.link(this.#failures > MAX_QUIET_FAILURES ? "broken" : "connecting");
    this.#fresh = this.#last_id === "";
    const query = new URLSearchParams({ customer_id: this.#customer });
    if (!this.#fresh) query.set("after", this.#last_id);
    const source = new EventSource(`/api/v1/orderinfo/stream?${query.toString()}`);
    this.#source = source;
    source.addEventListener("error", () => this.#failed(source));
    this.#on(source, "ready", (data) => {
      this.#failures = 0;
      this.#events.link("live");
      this.#events.ready(data as Schemas["StreamReady"], this.#fresh);
      this.#fresh = false;
    });
    this.#on(source, "order", (data) => this.#events.order(data as Schemas["StreamOrder"]));
    this.#on(source, "warehouse", (data) =>
      this.#events.warehouse((data as Schemas["StreamWarehouse"]).position),
    );
    this.#on(source, "reset", () => {
      this.#events.reset();
      this.restart();
    });
  }

  #on(source: EventSource, name: string, take: (data: unknown) => void): void {
    source.addEventListener(name, (event: MessageEvent<string>) => {
      if (source !== this.#source) return;
      if (event.lastEventId !== "") this.#last_id = event.lastEventId;
      take(JSON.parse(event.data));
    });
  }

  #failed(source: EventSource): void {
    if (source !== this.#source) return;
    ++this.#failures;
    // Refused or no stream at all: the browser has given up, so we try again later. Otherwise it
    // reconnects by itself and sends Last-Event-ID.
    const given_up = source.readyState === EventSource.CLOSED;
    this.#events.link(given_up || this.#failures > MAX_QUIET_FAILURES ? "broken" : "connecting");
    if (!given_up) return;
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS);
    this.#timer = setTimeout(() => this.resume(), pause);
  }
}
