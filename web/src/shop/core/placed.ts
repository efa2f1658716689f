import type { Order, OrderInfo } from "@shared/api/client";
import { persisted, usePersisted } from "@shared/state/persisted";

/**
 * What this browser has seen of orders: those it placed, and how far each has come. The server has
 * the truth; this is what is shown of an order before the read model has it, and when it moved on.
 */
export interface Sighting {
  order_id: string;
  customer_id: string;
  product_id: string;
  number: number;
  order_date: string;
  /** As the product was when the order was placed; the order itself says what it became. */
  product_name?: string;
  /** When the answer came; only where it was placed here. */
  accepted_at?: number;
  /** Names the write to queries that must see it. */
  token?: string;
  visible?: { at?: string; position?: number };
  stored?: { at: number };
}

/** The newest ones; older ones are in the history anyway. */
const MAX_SIGHTINGS = 300;

type Sightings = readonly Sighting[];

const store = persisted<Sightings>({
  key: "orderly.placed.v1",
  initial: [],
  parse: (value) => (Array.isArray(value) ? value.filter(isSighting) : undefined),
});

export const currentSightings = store.get;

export function useSightings(customer: string): Sightings {
  return usePersisted(store).filter((each) => each.customer_id === customer);
}

export function useSighting(order_id: string): Sighting | undefined {
  return usePersisted(store).find((each) => each.order_id === order_id);
}

interface Placed {
  order: Order;
  product_name: string;
  token: string | null;
  now: number;
}

/** An order was answered with 200. The same answer again changes nothing. */
export function notePlaced({ order, product_name, token, now }: Placed): void {
  note(order.order_id, (there) =>
    there?.accepted_at !== undefined
      ? there
      : {
          ...(there ?? pick(order)),
          product_name,
          accepted_at: now,
          ...(token !== null && { token }),
        },
  );
}

/** An order was seen in the read model; where and when are known if the stream said so. */
export function noteVisible(order: Order | OrderInfo, at?: string, position?: number): void {
  note(order.order_id, (there) => {
    if (there?.visible && (position === undefined || there.visible.position === position)) {
      return there;
    }
    const visible = {
      ...there?.visible,
      ...(at !== undefined && { at }),
      ...(position !== undefined && { position }),
    };
    return { ...(there ?? pick(order)), visible };
  });
}

/** Before a connection was ready at this position the customer's orders were visible up to there. */
export function noteBound(customer: string, position: number): void {
  noteAll((each) =>
    each.customer_id === customer && each.visible && each.visible.position === undefined
      ? { ...each, visible: { ...each.visible, position } }
      : each,
  );
}

/** The warehouse has everything of this customer up to a position. */
export function noteStored(customer: string, position: number, now: number): void {
  noteAll((each) => {
    const at = each.visible?.position;
    const arrived = each.customer_id === customer && at !== undefined && at <= position;
    return arrived && !each.stored ? { ...each, stored: { at: now } } : each;
  });
}

/** The server's history is another one than it was: positions say nothing any more. */
export function forgetPositions(customer: string): void {
  noteAll((each) =>
    each.customer_id === customer && !each.stored && each.visible ? { ...each, visible: {} } : each,
  );
}

function note(order_id: string, change: (there: Sighting | undefined) => Sighting): void {
  store.update((all) => {
    const there = all.find((each) => each.order_id === order_id);
    const next = change(there);
    if (next === there) return all;
    return [next, ...all.filter((each) => each !== there)].slice(0, MAX_SIGHTINGS);
  });
}

function noteAll(change: (each: Sighting) => Sighting): void {
  store.update((all) => {
    const next = all.map(change);
    return next.every((each, at) => each === all[at]) ? all : next;
  });
}

function pick({ order_id, customer_id, product_id, number, order_date }: Order): Sighting {
  return { order_id, customer_id, product_id, number, order_date };
}

function isSighting(value: unknown): value is Sighting {
  if (typeof value !== "object" || value === null) return false;
  const seen = value as Partial<Record<keyof Sighting, unknown>>;
  const texts = [seen.order_id, seen.customer_id, seen.product_id, seen.order_date];
  return texts.every((text) => typeof text === "string") && Number.isSafeInteger(seen.number);
}
