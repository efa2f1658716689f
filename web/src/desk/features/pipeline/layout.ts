import type { Arrow } from "../../core/pipeline/contract";
import { receiverOf } from "./names";

/**
 * Where the boxes and arrows of the picture stand. Boxes are what the arrows name; a box stands one
 * step right of the farthest box that points at it, so that the orders' way reads from left to right,
 * and what is only loaded into stands at the end.
 */
export interface Box {
  id: string;
  step: number;
  row: number;
}

/** Beside the rows, for an arrow that would otherwise run through a box or over another arrow. */
export interface Lane {
  side: "above" | "below";
  index: number;
}

export interface Way {
  id: string;
  from: Box;
  to: Box;
  lane: Lane | undefined;
  /** Down from the one and along to the other, a step on. */
  elbow: boolean;
}

export interface Layout {
  boxes: Box[];
  ways: Way[];
  /** From a subscription to who receives it, which nobody measures apart. */
  links: { from: Box; to: Box }[];
  steps: number;
  rows: number;
  above: number;
  below: number;
}

/** More arrows than this are no picture; the table has all of them. */
export const MAX_DRAWN = 12;

type Edge = Pick<Arrow, "from" | "to">;

/** A circle of arrows ends after as many rounds as there are boxes: no picture takes forever. */
function stepsOf(edges: readonly Edge[], ids: readonly string[]): Map<string, number> {
  const step = new Map(ids.map((id) => [id, 0]));
  let moved = true;
  for (let rounds = ids.length; moved && rounds > 0; --rounds) {
    moved = false;
    for (const { from, to } of edges) {
      const wanted = (step.get(from) ?? 0) + 1;
      if (from !== to && wanted > (step.get(to) ?? 0) && wanted < ids.length) {
        step.set(to, wanted);
        moved = true;
      }
    }
  }
  return step;
}

function place(arrows: readonly Arrow[], edges: readonly Edge[]): Map<string, Box> {
  const ids = [...new Set(edges.flatMap(({ from, to }) => [from, to]))];
  const steps = stepsOf(edges, ids);
  const last = Math.max(0, ...steps.values());
  for (const { kind, to } of arrows) if (kind === "load") steps.set(to, last);
  const boxes = new Map<string, Box>();
  const taken = new Set<string>();
  for (const id of ids.toSorted((a, b) => (steps.get(a) ?? 0) - (steps.get(b) ?? 0))) {
    const step = steps.get(id) ?? 0;
    // In line with the nearest box that points here, or the first free place below.
    const sources = edges.filter(({ from, to }) => to === id && from !== id);
    const nearest = sources.toSorted(
      (a, b) => (steps.get(b.from) ?? 0) - (steps.get(a.from) ?? 0),
    )[0];
    let row = boxes.get(nearest?.from ?? "")?.row ?? 0;
    while (taken.has(`${step}/${row}`)) ++row;
    taken.add(`${step}/${row}`);
    boxes.set(id, { id, step, row });
  }
  return boxes;
}

/** Orders before products, so that the orders' way is the first row. */
function inOrder(arrows: readonly Arrow[]): Arrow[] {
  const rank = ({ from }: Arrow): number =>
    from.startsWith("order-") ? 0 : from.startsWith("product") ? 2 : 1;
  return arrows.toSorted((a, b) => rank(a) - rank(b));
}

export function layoutOf(all: readonly Arrow[]): Layout {
  const arrows = inOrder(all.slice(0, MAX_DRAWN));
  const hosted = new Set(arrows.flatMap(({ from, to }) => [from, to]));
  const links = arrows.flatMap(({ kind, to }) => {
    const receiver = kind === "subscription" ? receiverOf(to, hosted) : undefined;
    return receiver === undefined ? [] : [{ from: to, to: receiver }];
  });
  const boxes = place(arrows, [...arrows, ...links]);
  const taken = new Set(links.map(({ from, to }) => `${from}\n${to}`));
  const count = { above: 0, below: 0 };

  // Where nothing stands below the one box, down to the other's row.
  const isFree = (from: Box, to: Box): boolean =>
    to.step === from.step + 1 &&
    to.row > from.row &&
    ![...boxes.values()].some(
      ({ step, row }) => step === from.step && row > from.row && row <= to.row,
    );

  const span = ({ from, to }: Edge): number =>
    (boxes.get(to)?.step ?? 0) - (boxes.get(from)?.step ?? 0);
  const ways = arrows
    .toSorted((a, b) => span(a) - span(b))
    .flatMap((arrow): Way[] => {
      const [from, to] = [boxes.get(arrow.from), boxes.get(arrow.to)];
      if (!from || !to) return [];
      const pair = `${arrow.from}\n${arrow.to}`;
      const direct = to.step === from.step + 1 && to.row === from.row && !taken.has(pair);
      taken.add(pair);
      const elbow = isFree(from, to);
      if (direct || elbow) return [{ id: arrow.id, from, to, lane: undefined, elbow }];
      const side = from.row === 0 && to.row === 0 ? "above" : "below";
      return [{ id: arrow.id, from, to, lane: { side, index: count[side]++ }, elbow: false }];
    });
  const placed = [...boxes.values()];
  return {
    boxes: placed,
    ways,
    links: links.flatMap(({ from, to }) => {
      const [a, b] = [boxes.get(from), boxes.get(to)];
      return a && b ? [{ from: a, to: b }] : [];
    }),
    steps: Math.max(0, ...placed.map(({ step }) => step + 1)),
    rows: Math.max(0, ...placed.map(({ row }) => row + 1)),
    ...count,
  };
}
