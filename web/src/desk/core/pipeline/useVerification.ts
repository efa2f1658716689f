import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "@shared/api/client";
import { Refused } from "@shared/api/problem";
import type { Verification } from "./contract";

/** A comparison that runs, or is about to, is looked at this often. */
const RUNNING_MS = 500;
const KEY = ["verification"];

/** Null where the process compares nothing, since it has no read model. */
async function readVerification(signal: AbortSignal): Promise<Verification | null> {
  try {
    return (await answered(api.GET("/api/v1/admin/verify", { signal }))).data;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

/** Has a comparison begin, and tells its ticket; one that waits already serves as well. */
async function begin(): Promise<number | undefined> {
  try {
    const call = api.POST("/api/v1/admin/verify", { body: { repair: false } });
    return (await answered(call)).data.ticket;
  } catch (error) {
    if (error instanceof Refused && error.code === "run_is_waiting") return undefined;
    throw error;
  }
}

export interface VerificationView {
  /** Undefined before the first answer; null where the process compares nothing. */
  verification: Verification | null | undefined;
  /** Why there is no newer answer. */
  error: Error | null;
  retry: () => void;
  verify: () => void;
  /** It was asked to begin and has not answered yet. */
  starting: boolean;
  /** Why it did not begin. */
  refusal: Error | null;
}

/**
 * What the last comparison of the stores found, looked at every so often and more often while one
 * runs. Enabled where the process has a read model, since there alone something is compared.
 */
export function useVerification(everyMs: number, enabled: boolean): VerificationView {
  const client = useQueryClient();
  const query = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => readVerification(signal),
    enabled,
    refetchInterval: ({ state }) => {
      if (state.data === null) return false;
      return isUnderWay(state.data) ? RUNNING_MS : everyMs;
    },
    retry: false,
    networkMode: "always",
    staleTime: 0,
  });
  const start = useMutation({
    mutationFn: begin,
    networkMode: "always",
    onSuccess: async (ticket) => {
      // An answer from before the ticket would take it back.
      await client.cancelQueries({ queryKey: KEY });
      if (ticket !== undefined) {
        client.setQueryData<Verification | null>(
          KEY,
          (before) => before && { ...before, requested: Math.max(before.requested, ticket) },
        );
      }
      await client.invalidateQueries({ queryKey: KEY });
    },
  });
  return {
    verification: query.data,
    error: query.error,
    retry: () => void query.refetch(),
    verify: () => start.mutate(),
    starting: start.isPending,
    refusal: start.error,
  };
}

function isUnderWay(verification: Verification | null | undefined): boolean {
  return !!verification && (verification.running || verification.requested > verification.finished);
}
