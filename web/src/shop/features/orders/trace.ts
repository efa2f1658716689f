import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { answered, api, type Schemas } from "@shared/api/client";
import { Refused } from "@shared/api/problem";
import type { Stage } from "../../core/stages";

export type Trace = Schemas["OrderTrace"];
export type Entry = Schemas["TraceEntry"];

const EVERY_MS = 2_000;
/** In these nothing happens by itself any more. */
const SETTLED: ReadonlySet<Trace["state"]> = new Set(["loaded", "dead_lettered"]);

/** Where the order was, and when; looked at again while something is ahead of it. Null: unknown. */
export function useTrace(
  customer_id: string,
  order_id: string,
  stage: Stage,
): UseQueryResult<Trace | null> {
  return useQuery({
    queryKey: ["trace", customer_id, order_id, stage],
    queryFn: async ({ signal }) => {
      try {
        const params = { query: { order_id, customer_id } };
        return (await answered(api.GET("/api/v1/order/trace", { params, signal }))).data;
      } catch (error) {
        if (error instanceof Refused && error.status === 404) return null;
        throw error;
      }
    },
    // The steps before this stage are shown while it is asked anew.
    placeholderData: (before) => before,
    refetchInterval: ({ state }) =>
      state.data && !SETTLED.has(state.data.state) ? EVERY_MS : false,
  });
}

const WORDS: Record<Entry["event"], string> = {
  accepted: "Accepted and saved",
  published: "Published as an event",
  delivered: "Delivered",
  rejected: "Not taken, and tried again",
  waiting: "On its way",
  parked: "Waits for its product",
  released: "Its product is known",
  projected: "Priced and visible",
  replaced: "Written again",
  dead_lettered: "Could not be applied",
  redriven: "Applied after all",
  dropped: "Given up",
  loaded: "In the warehouse",
  unknown: "Not known now",
};

const STATIONS: Record<Entry["station"], string> = {
  command: "Order service",
  relay: "Relay",
  delivery: "Delivery",
  projection: "Read model",
  warehouse: "Warehouse",
};

export const eventInWords = ({ event }: Entry): string => WORDS[event];
export const stationInWords = ({ station }: Entry): string => STATIONS[station];

/** How long after it was accepted: +4 ms, +1.3 s, +2 min, +3 h; undefined where a time is not known. */
export function sinceAccepted(entries: readonly Entry[], entry: Entry): string | undefined {
  const first = entries.find(({ event }) => event === "accepted")?.at ?? null;
  if (first === null || entry.at === null || entry.event === "accepted") return undefined;
  const ms = Date.parse(entry.at) - Date.parse(first);
  if (!Number.isFinite(ms)) return undefined;
  if (ms < 1000) return `+${Math.max(ms, 0)} ms`;
  if (ms < 60_000) return `+${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `+${Math.round(ms / 60_000)} min`;
  return `+${Math.round(ms / 3_600_000)} h`;
}

/** What a customer should know of a state that does not end by itself soon. */
export function stuckInWords({ state }: Trace): { title: string; says: string } | undefined {
  if (state === "parked") {
    return {
      title: "It waits for its product",
      says: "The shop does not know the product yet. The order is kept, and goes on by itself then.",
    };
  }
  if (state === "dead_lettered") {
    return {
      title: "It is held up",
      says: "The order is kept, and somebody has to look at it. Please ask the shop.",
    };
  }
  return undefined;
}
