import { motionOf, type Motion, type Sample } from "./samples";
import { stateOf, verdictOf, type State, type Verdict } from "./state";

export interface Health {
  /** The server's time of the newest picture, in milliseconds since 1970. */
  at: number;
  verdict: Verdict;
  states: Map<string, State>;
  motions: Map<string, Motion>;
}

/** What the pictures so far say of every arrow and of the whole; undefined before the first. */
export function healthOf(samples: readonly Sample[]): Health | undefined {
  const last = samples.at(-1);
  if (!last) return undefined;
  const motions = new Map<string, Motion>();
  const states = new Map<string, State>();
  for (const arrow of last.pipeline.arrows) {
    const motion = motionOf(samples, arrow.id);
    motions.set(arrow.id, motion);
    states.set(arrow.id, stateOf(arrow, motion));
  }
  return { at: last.at, verdict: verdictOf(last.pipeline, states), states, motions };
}
