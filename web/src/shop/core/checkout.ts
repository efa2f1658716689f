import { useSyncExternalStore } from "react";
import { currentCart } from "./cart";
import { placeLine, type Placement } from "./placing";

/** The checkout of this page: what became of each line, by its key. It outlives the cart's page. */
type Placements = ReadonlyMap<string, Placement>;

/** Lines sent at the same time. */
const MAX_AT_ONCE = 3;

let placements: Placements = new Map();
const listeners = new Set<() => void>();
const leaving = new AbortController();

export function usePlacements(): Placements {
  return useSyncExternalStore(subscribe, () => placements);
}

/**
 * Sends every line of the cart that is not under way, and tells the orders that came of it. Pressed
 * twice, the second call finds all under way and sends nothing.
 */
export async function placeCart(customer_id: string): Promise<string[]> {
  return placeKeys(
    currentCart().lines.map((line) => line.key),
    customer_id,
  );
}

/** Sends again what was sent before the page was reloaded, exactly as it was. */
export async function resumeCheckout(): Promise<string[]> {
  const sent = currentCart().lines.filter((line) => line.sent);
  return placeKeys(
    sent.map((line) => line.key),
    "",
  );
}

async function placeKeys(keys: string[], customer_id: string): Promise<string[]> {
  const waiting = keys.filter((key) => !isUnderWay(placements.get(key)));
  waiting.forEach((key) => tell(key, { state: "sending" }));
  const placed: string[] = [];
  const work = async (): Promise<void> => {
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
      const mine = key;
      const placement = await placeLine({
        key: mine,
        customer_id,
        signal: leaving.signal,
        tell: (state) => tell(mine, state),
      });
      if (placement.state === "placed") placed.push(placement.order_id);
    }
  };
  await Promise.all(Array.from({ length: MAX_AT_ONCE }, work));
  return placed;
}

export function isUnderWay(placement: Placement | undefined): boolean {
  return placement?.state === "sending" || placement?.state === "waiting";
}

function tell(key: string, placement: Placement): void {
  placements = new Map(placements).set(key, placement);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
