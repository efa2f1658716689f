import type { OrderInfo } from "@shared/api/client";
import { answered, api } from "@shared/api/client";
import { isPassing, pauseBefore, Refused } from "@shared/api/problem";
import {
  currentSightings,
  forgetPositions,
  noteBound,
  noteStored,
  noteVisible,
  type Sighting,
} from "./placed";
import { OrderStream, type Link } from "./stream";

export interface Following {
  link: Link;
  /** Whether the server knows how far the warehouse is; undefined before it has said so. */
  warehouse: boolean | undefined;
}

export interface FollowEvents {
  changed: (following: Following) => void;
  /** An order as the read model has it now. */
  seen: (order: OrderInfo) => void;
  /** The lists are to be read anew. */
  stale: () => void;
}

const MAX_ASKED_FOR = 10;
const WAIT_SECONDS = 10;
const PAUSE_MS = 2000;
/** How long a stream may say nothing of an order that is visible and not in the warehouse. */
const FIRST_DOUBT_MS = 1500;
const LONGEST_DOUBT_MS = 30_000;

/**
 * Follows a customer's orders: by the stream, and by asking for those that are not visible yet
 * where the stream does not tell. Writes what it learns into the sightings.
 */
export class Follower {
  readonly #customer: string;
  readonly #events: FollowEvents;
  readonly #stream: OrderStream;
  readonly #asking = new Set<string>();
  readonly #end = new AbortController();
  #following: Following = { link: "connecting", warehouse: undefined };
  #stored_up_to = -1;
  #doubt: ReturnType<typeof setTimeout> | undefined;

  constructor(customer: string, events: FollowEvents, after = "") {
    this.#customer = customer;
    this.#events = events;
    this.#stream = new OrderStream(
      customer,
      {
        link: (link) => this.#change({ link }),
        ready: (ready, fresh) => {
          if (fresh) noteBound(customer, ready.position);
          this.#change({ warehouse: ready.warehouse_position !== null });
          this.#stored(ready.warehouse_position ?? -1);
          this.ask();
          if (this.#doubt === undefined) this.#askAnew();
        },
        order: ({ state: _, position, visible_at, replaces: _replaces, ...order }) => {
          noteVisible(order, visible_at, position);
          this.#events.seen(order);
          this.#stored(this.#stored_up_to);
        },
        warehouse: (position) => this.#stored(position),
        reset: () => {
          this.#stored_up_to = -1;
          forgetPositions(customer);
          this.#events.stale();
        },
      },
      after,
    );
  }

  /** Ends it; what it returns lets another one go on where this one was. */
  close(): string {
    this.#end.abort();
    clearTimeout(this.#doubt);
    this.#stream.close();
    return this.#stream.last_id;
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Asks for the orders that were placed and not seen; each once at a time. */
  ask(): void {
    currentSightings()
      .filter((seen) => seen.customer_id === this.#customer && !seen.visible)
      .slice(0, MAX_ASKED_FOR)
      .filter((seen) => !this.#asking.has(seen.order_id))
      .forEach((seen) => {
        this.#asking.add(seen.order_id);
        void this.#askFor(seen).finally(() => this.#asking.delete(seen.order_id));
      });
  }

  #over(): boolean {
    return this.#end.signal.aborted;
  }

  async #askFor(seen: Sighting): Promise<void> {
    let failures = 0;
    while (!this.#over()) {
      try {
        const order = await findOrder(seen, this.#end.signal);
        if (order) {
          noteVisible(order);
          this.#events.seen(order);
          this.#askAnew();
          return;
        }
        failures = 0;
        if (this.#following.link === "live") return;
        await pause(PAUSE_MS);
      } catch (error) {
        if (this.#over() || !isPassing(error)) return;
        await pause(pauseBefore(failures++, error));
      }
    }
  }

  /**
   * A stream tells of the warehouse for the orders that it has told of itself. For one that was
   * visible before, or that a query has seen, a new stream says where things stand.
   */
  #askAnew(pause = FIRST_DOUBT_MS): void {
    clearTimeout(this.#doubt);
    this.#doubt = setTimeout(() => {
      this.#doubt = undefined;
      if (!this.#inDoubt()) return;
      if (this.#following.link === "live") this.#stream.restart();
      this.#askAnew(Math.min(pause * 2, LONGEST_DOUBT_MS));
    }, pause);
  }

  #inDoubt(): boolean {
    return (
      this.#following.warehouse !== false &&
      currentSightings().some(
        (seen) => seen.customer_id === this.#customer && seen.visible && !seen.stored,
      )
    );
  }

  #stored(position: number): void {
    this.#stored_up_to = Math.max(this.#stored_up_to, position);
    noteStored(this.#customer, this.#stored_up_to, Date.now());
  }

  #change(change: Partial<Following>): void {
    this.#following = { ...this.#following, ...change };
    this.#events.changed(this.#following);
    if (this.#following.link === "broken") this.ask();
  }
}

/** The order if the read model has it within WAIT_SECONDS, else undefined. */
async function findOrder(seen: Sighting, signal: AbortSignal): Promise<OrderInfo | undefined> {
  const { customer_id, order_id, token } = seen;
  const ask = async (consistency: Record<string, string>): Promise<OrderInfo> => {
    const header = { Prefer: `wait=${WAIT_SECONDS}`, ...consistency };
    const body = { customer_id, order_id };
    return (await answered(api.POST("/api/v1/orderinfo/get", { body, params: { header }, signal })))
      .data;
  };
  try {
    return await ask(token === undefined ? {} : { "Consistency-Token": token });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.status === 404) return undefined;
    // The token is of another history than the server's, which a restored backup makes so.
    if (error.status === 409 && token !== undefined) return ask({});
    throw error;
  }
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
