import type { Box, Layout, Way } from "./layout";

export const BOX = { width: 154, height: 78 };
const ROW = 156;
const LANE = 96;
const LEAST_GAP = 118;

interface Point {
  x: number;
  y: number;
}

export interface Line {
  path: string;
  /** The middle of where the words stand. */
  label: Point;
}

export interface Drawing {
  width: number;
  height: number;
  boxAt: (box: Box) => Point;
  lineOf: (way: Pick<Way, "from" | "to" | "lane" | "elbow">) => Line;
}

/** As wide as there is room, but never so narrow that the words do not fit between two boxes. */
export function drawingOf(layout: Layout, room: number): Drawing {
  const gaps = Math.max(layout.steps - 1, 1);
  const width = Math.max(room, layout.steps * BOX.width + gaps * LEAST_GAP);
  const stride = Math.min((width - BOX.width) / gaps, 360);
  const top = layout.above * LANE + (layout.above > 0 ? 28 : 4);
  const bottom = top + Math.max(layout.rows - 1, 0) * ROW + BOX.height;
  const boxAt = ({ step, row }: Box): Point => ({ x: step * stride, y: top + row * ROW });

  const along = ({ from, to }: Pick<Way, "from" | "to">): Line => {
    const [a, b] = [boxAt(from), boxAt(to)];
    const y = a.y + BOX.height / 2;
    const [x1, x2] = [a.x + BOX.width, b.x - 4];
    const label = { x: (x1 + x2) / 2, y };
    if (from.row === to.row) return { path: `M${x1} ${y} H${x2}`, label };
    return {
      path: `M${x1} ${y} C${x1 + 60} ${y} ${x2 - 60} ${b.y + BOX.height / 2} ${x2} ${b.y + BOX.height / 2}`,
      label,
    };
  };
  const bent = ({ from, to }: Pick<Way, "from" | "to">): Line => {
    const [a, b] = [boxAt(from), boxAt(to)];
    const x = a.x + BOX.width - 24;
    const [y, end] = [b.y + BOX.height / 2, b.x - 4];
    return {
      path: `M${x} ${a.y + BOX.height} V${y - 12} Q${x} ${y} ${x + 12} ${y} H${end}`,
      label: { x: (a.x + BOX.width + end) / 2, y },
    };
  };
  const around = ({ from, to }: Pick<Way, "from" | "to">, above: boolean, index: number): Line => {
    const [a, b] = [boxAt(from), boxAt(to)];
    // A longer way runs farther out, and leaves before the shorter ones, so that none cross.
    const x1 = a.x + BOX.width - 36 - 36 * index;
    const x2 = b.x + BOX.width / 2 + (above ? 0 : 18 * index - 18);
    const y = above ? top - 76 - index * LANE : bottom + 44 + index * LANE;
    const [start, end] = above ? [a.y, b.y - 4] : [a.y + BOX.height, b.y + BOX.height + 4];
    const round = above ? 12 : -12;
    return {
      path: `M${x1} ${start} V${y + round} Q${x1} ${y} ${x1 + 12} ${y} H${x2 - 12} Q${x2} ${y} ${x2} ${y + round} V${end}`,
      label: { x: (x1 + x2) / 2, y },
    };
  };
  return {
    width,
    height: bottom + (layout.below > 0 ? 12 + layout.below * LANE : 4),
    boxAt,
    lineOf: ({ from, to, lane, elbow }) => {
      if (lane) return around({ from, to }, lane.side === "above", lane.index);
      return elbow ? bent({ from, to }) : along({ from, to });
    },
  };
}
