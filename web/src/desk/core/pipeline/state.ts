import type { Arrow, Pipeline, Reason } from "./contract";
import { formatAge, formatCount } from "../format";
import type { Motion } from "./samples";

/** From well to bad. Each has a colour, a shape and a word of its own. */
export type Level = "ok" | "busy" | "unknown" | "late" | "alarm";

export const LEVEL_WORD: Record<Level, string> = {
  ok: "Up to date",
  busy: "Catching up",
  unknown: "Not known",
  late: "Needs a look",
  alarm: "Stands still",
};

const ORDER: readonly Level[] = ["ok", "busy", "unknown", "late", "alarm"];

/** The worst first; what is as bad as another stays in its order. */
export function sortByLevel(items: State[]): void {
  items.sort((a, b) => ORDER.indexOf(b.level) - ORDER.indexOf(a.level));
}

export function worst(levels: readonly Level[]): Level {
  return levels.reduce<Level>((a, b) => (ORDER.indexOf(b) > ORDER.indexOf(a) ? b : a), "ok");
}

/** Above this a reader of the far side notices; the embedded pipeline is at milliseconds. */
export const LATE_SECONDS = 10;

export interface State {
  level: Level;
  /** One sentence, what is the matter here; for ok, how it stands. */
  says: string;
}

export function stateOf(arrow: Arrow, motion: Motion): State {
  if (arrow.alarm !== null) return { level: "alarm", says: arrow.alarm };
  if (arrow.lag_seconds === null || arrow.backlog === null) {
    return { level: "unknown", says: unknownFor(arrow) };
  }
  const waiting = `${formatCount(arrow.backlog)} waiting`;
  if (motion.still) {
    return {
      level: "late",
      says: `${waiting}, and nothing moves; the oldest is ${formatAge(arrow.lag_seconds)} old.`,
    };
  }
  if (arrow.delivery && (motion.rejections ?? 0) > 0) {
    return {
      level: "late",
      says: `The receiver refuses deliveries; ${formatCount(arrow.delivery.waiting_for_retry)} wait for another try.`,
    };
  }
  if (arrow.lag_seconds > LATE_SECONDS) {
    return { level: "late", says: `${formatAge(arrow.lag_seconds)} behind, ${waiting}.` };
  }
  if (arrow.backlog > 0)
    return { level: "busy", says: `${waiting}, ${formatAge(arrow.lag_seconds)} behind.` };
  return { level: "ok", says: "Everything has arrived." };
}

function unknownFor({ moved }: Arrow): string {
  return moved === 0
    ? "Nothing has moved here since the start, so the lag is not known yet."
    : "The other side cannot be asked now, so the lag is not known.";
}

/**
 * Hops whose lag is not known, although another hop from the same source knows how far the source
 * is: that one says whether something waits, so these alone are no reason to look.
 */
function covered(arrows: readonly Arrow[], states: ReadonlyMap<string, State>): Set<string> {
  const known = arrows.filter(({ id }) => states.get(id)?.level !== "unknown");
  const sources = new Set(known.map(({ from }) => from));
  const open = arrows.filter(
    ({ id, from }) => states.get(id)?.level === "unknown" && sources.has(from),
  );
  return new Set(open.map(({ id }) => id));
}

export interface Verdict extends State {
  /** The whole in two or three words. */
  word: string;
  /** What waits for somebody, worst first. */
  items: Item[];
}

export interface Item extends State {
  what: string;
  /** What an operator does about it, as docs/operations.md says. */
  todo: string;
}

/** What to do, by the beginning of an alarm's name or by what its reason says. */
export function todoFor(text: string): string {
  if (/clock_skew|clock/.test(text)) {
    return "Set the clocks of both machines; it goes on by itself.";
  }
  if (/conflict|another history|other history/.test(text)) {
    return (
      "The source has another history than the one that was read: it was restored to an older state, or " +
      "a data directory was mixed up. Put the right file back; to accept the source’s history instead, " +
      "move broker.db and both orderinfo.db and orderinfo-2.db (and with these always warehouse.duckdb) " +
      "away and start: they are rebuilt."
    );
  }
  if (/disk|space|507/.test(text)) return "Make room on the disk; reads go on meanwhile.";
  if (/starting|stopping/.test(text)) return "Wait a moment; it is on its way.";
  return "Look into the log of the process for the last error of this part.";
}

function fromReasons(reasons: readonly Reason[]): Item[] {
  return reasons.map(({ what, reason }) => ({
    level: /starting|stopping/.test(reason) ? "late" : "alarm",
    what,
    says: reason,
    todo: todoFor(`${what} ${reason}`),
  }));
}

function fromReadModel(model: NonNullable<Pipeline["read_model"]>): Item[] {
  const items: Item[] = [];
  if (model.dead_letters > 0) {
    const one = model.dead_letters === 1;
    items.push({
      level: "late",
      what: "Dead letters",
      says: `${formatCount(model.dead_letters)} ${one ? "event" : "events"} could never be applied.`,
      todo: "Read each reason below, mend its cause, and redrive them. Other orders are not held up.",
    });
  }
  if (model.parked > 0) {
    items.push({
      level: "late",
      what: "Parked orders",
      says: `${formatCount(model.parked)} ${model.parked === 1 ? "order waits for its" : "orders wait for their"} product.`,
      todo: "Add the product; the orders then go on by themselves.",
    });
  }
  return items;
}

/** The whole system in one sentence, and what waits for somebody. */
export function verdictOf(pipeline: Pipeline, states: ReadonlyMap<string, State>): Verdict {
  const items = fromReasons(pipeline.alarms);
  // A reason for not being ready that is an alarm too is told once.
  const told = new Set(pipeline.alarms.map(({ reason }) => reason));
  items.push(...fromReasons(pipeline.reasons.filter(({ reason }) => !told.has(reason))));
  const aside = covered(pipeline.arrows, states);
  for (const arrow of pipeline.arrows) {
    const state = states.get(arrow.id);
    if (aside.has(arrow.id) || !state || state.level === "ok" || state.level === "busy") continue;
    if (state.level === "alarm" && items.some(({ says }) => says === state.says)) continue;
    items.push({ ...state, what: `${arrow.from} → ${arrow.to}`, todo: todoFor(state.says) });
  }
  if (pipeline.read_model) items.push(...fromReadModel(pipeline.read_model));
  sortByLevel(items);

  const level = worst([
    ...items.map((item) => item.level),
    ...pipeline.arrows.flatMap(({ id }) => (aside.has(id) ? [] : (states.get(id)?.level ?? []))),
  ]);
  return { level, word: LEVEL_WORD[level], says: sentence(level, pipeline, items), items };
}

function sentence(level: Level, pipeline: Pipeline, items: readonly Item[]): string {
  const lag = Math.max(0, ...pipeline.arrows.map((arrow) => arrow.lag_seconds ?? 0));
  const first = items[0];
  switch (level) {
    case "ok":
      return "Everything that was accepted has arrived everywhere.";
    case "busy":
      return `Work is on its way, ${formatAge(lag)} behind at most.`;
    case "unknown":
    case "late":
    case "alarm":
      return first ? `${first.what}: ${first.says}` : LEVEL_WORD[level];
  }
}
