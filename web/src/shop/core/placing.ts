import { answered, api } from "@shared/api/client";
import { isPassing, pauseBefore, Refused } from "@shared/api/problem";
import { isUnclear, markSent, releaseLine, settleLine } from "./cart";
import { notePlaced } from "./placed";

/** What became of a line that was sent. */
export type Placement =
  | { state: "sending" }
  /** Busy or unreachable; it will be sent again at this time. */
  | { state: "waiting"; until: number; error: unknown }
  | { state: "placed"; order_id: string }
  /** Refused for good, and nothing has happened. */
  | { state: "refused"; error: unknown }
  /** Given up for now; whether it arrived is not known. Sending it again is safe. */
  | { state: "unanswered"; error: unknown }
  /** Whether it arrived is not known, and sending it again is not safe. */
  | { state: "unclear" }
  | { state: "gone" };

interface Placing {
  key: string;
  customer_id: string;
  signal: AbortSignal;
  tell: (placement: Placement) => void;
}

const MAX_ATTEMPTS = 5;

/**
 * Sends one line of the cart until it is answered, with one Idempotency-Key and one body throughout:
 * what is sent is first written down, so that a reload or another tab repeats exactly this.
 */
export async function placeLine({ key, customer_id, signal, tell }: Placing): Promise<Placement> {
  for (let failures = 0; ; ++failures) {
    const line = markSent(key, customer_id, Date.now());
    if (line?.sent === undefined) return end({ state: "gone" });
    if (isUnclear(line, Date.now())) return end({ state: "unclear" });
    tell({ state: "sending" });
    try {
      const { data: order, headers } = await answered(
        api.POST("/api/v1/order/create", {
          body: {
            customer_id: line.sent.customer_id,
            product_id: line.product_id,
            number: line.number,
          },
          params: { header: { "Idempotency-Key": key } },
          signal,
        }),
      );
      // First what is known of the order, then the line: if the page dies between, it is sent again.
      notePlaced({
        order,
        product_name: line.product_name,
        token: headers.get("Consistency-Token"),
        now: Date.now(),
      });
      settleLine(key);
      return end({ state: "placed", order_id: order.order_id });
    } catch (error) {
      if (!isPassing(error)) return end(refusal(key, error));
      if (failures + 1 >= MAX_ATTEMPTS) return end({ state: "unanswered", error });
      const pause = pauseBefore(failures, error);
      tell({ state: "waiting", until: Date.now() + pause, error });
      await sleep(pause, signal);
    }
  }

  function end(placement: Placement): Placement {
    tell(placement);
    return placement;
  }
}

/** A refusal of the request leaves no order; one of the key says that another order has it. */
function refusal(key: string, error: unknown): Placement {
  if (!(error instanceof Refused)) return { state: "unanswered", error };
  if (error.status === 422 || error.status === 409) return { state: "unclear" };
  if (error.status >= 500 && error.status !== 507) return { state: "unanswered", error };
  releaseLine(key);
  return { state: "refused", error };
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
  signal.throwIfAborted();
}
