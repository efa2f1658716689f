import type { Box, Layout, Way } from "./layout";

export const BOX = { width: 172, height: 64 };
const WIDE = { row: 148, lane: 84, top: 8 };
const TALL = { step: 176, lane: 150, left: 0 };

export interface Point {
  x: number;
  y: number;
}

export interface Drawing {
  width: number;
  height: number;
  tall: boolean;
  boxAt: (box: Box) => Point & { width: number; height: number };
  /** The line of an arrow, and where its words stand. */
  lineOf: (way: Way) => { path: string; label: Point; anchor: "middle" | "start" };
}

/** Lays the picture out in the width there is: to the right where it fits, else downwards. */
export function drawingOf(layout: Layout, width: number): Drawing {
  const fits = width >= layout.steps * BOX.width + (layout.steps - 1) * 128;
  return fits ? wide(layout, width) : tall(layout, width);
}

function wide(layout: Layout, width: number): Drawing {
  const stride = layout.steps > 1 ? (width - BOX.width) / (layout.steps - 1) : 0;
  const body = WIDE.top + (layout.rows - 1) * WIDE.row + BOX.height;
  const boxAt = ({ step, row }: Box) => ({
    x: step * Math.min(stride, 380),
    y: WIDE.top + row * WIDE.row,
    ...BOX,
  });
  return {
    width,
    height: body + (layout.lanes > 0 ? 20 + layout.lanes * WIDE.lane : 24),
    tall: false,
    boxAt,
    lineOf: ({ from, to, lane }) => {
      const [a, b] = [boxAt(from), boxAt(to)];
      if (lane !== undefined) {
        const y = body + 44 + lane * WIDE.lane;
        const [x1, x2] = [a.x + a.width / 2 - 24 * (lane + 1), b.x + b.width / 2 - 24 * (lane + 1)];
        return {
          path: `M${x1} ${a.y + a.height} V${y - 10} Q${x1} ${y} ${x1 + 10} ${y} H${x2 - 10} Q${x2} ${y} ${x2} ${y - 10} V${b.y + b.height + 4}`,
          label: { x: (x1 + x2) / 2, y },
          anchor: "middle",
        };
      }
      const y1 = a.y + a.height / 2;
      const [x1, x2] = [a.x + a.width, b.x - 4];
      const label = { x: (x1 + x2) / 2, y: y1 };
      if (from.row === to.row) return { path: `M${x1} ${y1} H${x2}`, label, anchor: "middle" };
      // Straight through the words, then up or down into the box.
      const turn = b.x + 28 * (from.row - to.row);
      const into = from.row > to.row ? b.y + b.height + 4 : b.y - 4;
      const bend = from.row > to.row ? y1 - 10 : y1 + 10;
      return {
        path: `M${x1} ${y1} H${turn - 10} Q${turn} ${y1} ${turn} ${bend} V${into}`,
        label,
        anchor: "middle",
      };
    },
  };
}

function tall(layout: Layout, width: number): Drawing {
  const columns = layout.rows + (layout.lanes > 0 ? 1 : 0);
  const column = width / Math.max(columns, 1);
  const boxWidth = Math.min(BOX.width, column - 12);
  const boxAt = ({ step, row }: Box) => ({
    x: TALL.left + row * column,
    y: step * TALL.step + 4,
    width: boxWidth,
    height: BOX.height,
  });
  return {
    width,
    height: (layout.steps - 1) * TALL.step + BOX.height + 8,
    tall: true,
    boxAt,
    lineOf: ({ from, to, lane }) => {
      const [a, b] = [boxAt(from), boxAt(to)];
      const x1 = a.x + 20 + (lane === undefined ? 0 : boxWidth - 40);
      const [y1, y2] = [a.y + a.height, b.y - 4];
      if (lane !== undefined) {
        const x = layout.rows * column + 8 + lane * 10;
        const middle = b.y + b.height / 2;
        return {
          path: `M${a.x + a.width} ${a.y + a.height / 2} H${x - 8} Q${x} ${a.y + a.height / 2} ${x} ${a.y + a.height / 2 + 8} V${middle - 8} Q${x} ${middle} ${x - 8} ${middle} H${b.x + b.width + 4}`,
          label: { x: x + 8, y: (a.y + b.y) / 2 + b.height / 2 + lane * 70 },
          anchor: "start",
        };
      }
      const label = { x: x1 + 10, y: a.y + a.height + (TALL.step - BOX.height) / 2 - 4 };
      if (from.row === to.row) return { path: `M${x1} ${y1} V${y2}`, label, anchor: "start" };
      const middle = b.y + b.height / 2;
      const into = from.row > to.row ? b.x + b.width + 4 : b.x - 4;
      return {
        path: `M${x1} ${y1} V${middle - 10} Q${x1} ${middle} ${x1 + (from.row > to.row ? -10 : 10)} ${middle} H${into}`,
        label,
        anchor: "start",
      };
    },
  };
}
