import { answered, api } from "@shared/api/client";
import { isPassing, pauseBefore } from "@shared/api/problem";
import { isFiltered, wordsOf, type Filter, type Outcome } from "./letters";

/** What is redriven: one letter, those of a filter, or all of a subscription. */
export interface Choice {
  subscription: string;
  number?: number;
  filter?: Filter;
  /** Everything happens, and nothing of it stays. */
  rehearsed: boolean;
}

export interface Progress {
  redriven: number;
  failed: number;
  pending: number;
  /** The first ones; all are counted. */
  outcomes: Outcome[];
}

const MAX_OUTCOMES = 200;
const MAX_ATTEMPTS = 5;

const NOTHING: Progress = { redriven: 0, failed: 0, pending: 0, outcomes: [] };

/** How many have been looked at. */
export function doneOf({ redriven, failed, pending }: Progress): number {
  return redriven + failed + pending;
}

/**
 * Redrives call by call, and tells after each how far it is. A letter that fails again stays behind,
 * so this ends. Repeating a call whose answer was lost is safe: what was redriven is gone.
 */
export async function* redrive(choice: Choice, signal: AbortSignal): AsyncGenerator<Progress> {
  let progress = NOTHING;
  let after: number | undefined;
  do {
    const answer = await call(choice, after, signal);
    progress = {
      redriven: progress.redriven + answer.redriven,
      failed: progress.failed + answer.failed,
      pending: progress.pending + answer.pending,
      outcomes: [...progress.outcomes, ...answer.outcomes].slice(0, MAX_OUTCOMES),
    };
    yield progress;
    after = answer.next_after;
  } while (after !== undefined && !signal.aborted);
}

async function call(choice: Choice, after: number | undefined, signal: AbortSignal) {
  const { subscription, number, filter = {}, rehearsed } = choice;
  const which =
    number !== undefined
      ? { numbers: [number] }
      : isFiltered(filter)
        ? wordsOf(filter)
        : { all: true };
  const body = {
    subscription,
    ...which,
    dry_run: rehearsed,
    ...(after !== undefined && { after }),
  };
  for (let failures = 0; ; ++failures) {
    try {
      const request = api.POST("/api/v1/admin/dead-letters/redrive", { body, signal });
      return (await answered(request)).data;
    } catch (error) {
      if (signal.aborted || !isPassing(error) || failures + 1 >= MAX_ATTEMPTS) throw error;
      const pause = pauseBefore(failures, error);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
