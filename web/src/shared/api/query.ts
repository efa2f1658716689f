import { QueryClient } from "@tanstack/react-query";
import { isPassing, pauseBefore } from "./problem";

const MAX_RETRIES = 3;

/** Server state of one application: what passes is tried again as Retry-After says, the rest is shown. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        retry: (failures, error) => failures < MAX_RETRIES && isPassing(error),
        retryDelay: pauseBefore,
      },
    },
  });
}
