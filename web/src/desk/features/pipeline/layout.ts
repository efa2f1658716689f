import type { Arrow } from "../../core/pipeline/contract";

/**
 * Where the boxes and arrows of the picture stand. Boxes are what the arrows name; a box stands one
 * step after the farthest box that points at it, so that the orders' way reads from start to end.
 * Steps run to the right on a wide page and downwards on a narrow one; rows run across them.
 */
export interface Box {
  id: string;
  step: number;
  row: number;
}

export interface Way {
  arrow: Arrow;
  from: Box;
  to: Box;
  /** Beside all rows, for an arrow that would otherwise run through a box or over another arrow. */
  lane: number | undefined;
}

export interface Layout {
  boxes: Box[];
  ways: Way[];
  steps: number;
  rows: number;
  lanes: number;
}

/** More arrows than this are no picture; the table has all of them. */
export const MAX_DRAWN = 14;

/** A circle of arrows ends after as many rounds as there are boxes: no picture takes forever. */
function stepsOf(arrows: readonly Arrow[], ids: readonly string[]): Map<string, number> {
  const step = new Map(ids.map((id) => [id, 0]));
  let moved = true;
  for (let rounds = ids.length; moved && rounds > 0; --rounds) {
    moved = false;
    for (const { from, to } of arrows) {
      const wanted = (step.get(from) ?? 0) + 1;
      if (from !== to && wanted > (step.get(to) ?? 0) && wanted < ids.length) {
        step.set(to, wanted);
        moved = true;
      }
    }
  }
  return step;
}

function boxesOf(arrows: readonly Arrow[]): Map<string, Box> {
  const ids = [...new Set(arrows.flatMap(({ from, to }) => [from, to]))];
  const steps = stepsOf(arrows, ids);
  const boxes = new Map<string, Box>();
  const taken = new Set<string>();
  for (const id of ids.toSorted((a, b) => (steps.get(a) ?? 0) - (steps.get(b) ?? 0))) {
    const step = steps.get(id) ?? 0;
    // In line with the first box that points here, or the first free place beside it.
    const source = arrows.find(({ from, to }) => to === id && from !== id)?.from ?? "";
    let row = boxes.get(source)?.row ?? 0;
    while (taken.has(`${step}/${row}`)) ++row;
    taken.add(`${step}/${row}`);
    boxes.set(id, { id, step, row });
  }
  return boxes;
}

export function layoutOf(all: readonly Arrow[]): Layout {
  const arrows = all.slice(0, MAX_DRAWN);
  const boxes = boxesOf(arrows);
  const pairs = new Set<string>();
  let lanes = 0;
  const ways = arrows.flatMap((arrow): Way[] => {
    const [from, to] = [boxes.get(arrow.from), boxes.get(arrow.to)];
    if (!from || !to) return [];
    const pair = `${arrow.from}\n${arrow.to}`;
    const direct = to.step === from.step + 1 && !pairs.has(pair);
    pairs.add(pair);
    return [{ arrow, from, to, lane: direct ? undefined : lanes++ }];
  });
  const placed = [...boxes.values()];
  return {
    boxes: placed,
    ways,
    steps: Math.max(0, ...placed.map(({ step }) => step + 1)),
    rows: Math.max(0, ...placed.map(({ row }) => row + 1)),
    lanes,
  };
}
