import type { ReactElement } from "react";
import { classes } from "@shared/ui/classes";
import styles from "./LevelMark.module.css";
import type { Level } from "./state";

/** A shape of its own for each level, so that none is told by colour alone. */
const SHAPES: Record<Level, ReactElement> = {
  ok: <path d="M3 8.5l3.2 3.2L13 4.8" />,
  busy: <path d="M2.5 8h10M9 4.5L12.5 8 9 11.5" />,
  unknown: <path d="M5.5 6a2.5 2.5 0 1 1 3.6 2.3c-.7.3-1.1.8-1.1 1.5v.4M8 12.9v.1" />,
  late: <path d="M8 2.5L14.2 13.3H1.8zM8 6.6v3.1M8 11.5v.1" />,
  alarm: (
    <path d="M5.3 2h5.4L14 5.3v5.4L10.7 14H5.3L2 10.7V5.3zM5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4" />
  ),
};

export function LevelMark({
  level,
  className,
}: {
  level: Level;
  className?: string | undefined;
}): ReactElement {
  return (
    <svg
      className={classes(styles.mark, styles[level], className)}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {SHAPES[level]}
    </svg>
  );
}
