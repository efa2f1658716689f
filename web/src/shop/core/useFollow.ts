import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Follower, type Following } from "./follow";

/** Where each customer's last stream has ended, so that a change of page misses nothing. */
const ended = new Map<string, string>();

const REST_MS = 250;
const NOT_YET: Following = { link: "connecting", warehouse: undefined };

/** How many pages the longest list of the customer's orders has, which are all read anew. */
function mostPages(queries: QueryClient, customer: string): number {
  const lists = queries.getQueriesData<{ pages: unknown[] }>({ queryKey: ["orders", customer] });
  return Math.max(1, ...lists.map(([, list]) => list?.pages.length ?? 0));
}

/**
 * Follows the customer's orders while `wanted`: a stream is open as long as the page is looked at,
 * since a browser has few connections for all its tabs together.
 */
export function useFollow(customer: string | null, wanted: boolean): Following {
  const queries = useQueryClient();
  const [following, setFollowing] = useState(NOT_YET);

  useEffect(() => {
    if (customer === null || !wanted) return;
    let follower: Follower | undefined;
    let due: ReturnType<typeof setTimeout> | undefined;
    const readAnew = (): void => void queries.invalidateQueries({ queryKey: ["orders", customer] });
    // Many orders in a moment are one reason to read the lists anew; the longer one is, the later.
    const readSoon = (): void => {
      due ??= setTimeout(
        () => {
          due = undefined;
          readAnew();
        },
        REST_MS * mostPages(queries, customer),
      );
    };
    const start = (): void => {
      follower ??= new Follower(
        customer,
        {
          changed: setFollowing,
          seen: (order) => {
            queries.setQueryData(["order", customer, order.order_id], order);
            readSoon();
          },
          stale: readAnew,
        },
        ended.get(customer),
      );
    };
    const stop = (): void => {
      if (follower) ended.set(customer, follower.close());
      follower = undefined;
    };
    const onVisibility = (): void => (document.hidden ? stop() : start());
    const onOnline = (): void => follower?.resume();

    onVisibility();
    document.addEventListener("visibilitychange", onVisibility);
    window.addEventListener("online", onOnline);
    return () => {
      document.removeEventListener("visibilitychange", onVisibility);
      window.removeEventListener("online", onOnline);
      stop();
      if (due === undefined) return;
      clearTimeout(due);
      readAnew();
    };
  }, [customer, wanted, queries]);

  return wanted ? following : NOT_YET;
}
