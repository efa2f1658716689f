import { useQuery, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "@shared/api/client";
import { Unreachable } from "@shared/api/problem";
import type { Pipeline } from "./contract";
import { withSample, type Sample } from "./samples";

/** A picture that takes longer than this is none of now. */
const DEADLINE_MS = 4_000;
const KEY = ["pipeline"];

async function readPipeline(signal: AbortSignal): Promise<Pipeline> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
  const call = api.GET("/api/v1/admin/pipeline", {
    signal: limit,
    fetch: (request) => globalThis.fetch(request),
  });
  const { data } = await answered(
    call.catch((cause: unknown) => {
      if (signal.aborted) throw cause;
      throw new Unreachable({ cause });
    }),
  );
  return data;
}

export interface PipelineView {
  /** Pictures, oldest first; of the time before where the server does not answer now. */
  samples: readonly Sample[];
  /** Why there is no newer picture. */
  error: Error | null;
  /** When the newest picture came, by this computer's clock; 0 before the first. */
  at: number;
  retry: () => void;
}

/** The pipeline, looked at every so often, and not at all while the page is hidden. */
export function usePipeline(everyMs: number): PipelineView {
  const client = useQueryClient();
  const query = useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) =>
      withSample(client.getQueryData<readonly Sample[]>(KEY) ?? [], await readPipeline(signal)),
    refetchInterval: everyMs,
    refetchIntervalInBackground: false,
    // A poll is its own retry, and the browser's idea of being online says nothing of a server here.
    retry: false,
    networkMode: "always",
    staleTime: 0,
    structuralSharing: false,
  });
  return {
    samples: query.data ?? [],
    error: query.error,
    at: query.dataUpdatedAt,
    retry: () => void query.refetch(),
  };
}
