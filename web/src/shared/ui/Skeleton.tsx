import type { ReactElement } from "react";
import { classes } from "./classes";
import styles from "./Skeleton.module.css";

interface Props {
  /** As wide as the text that will stand here. */
  width?: "short" | "medium" | "long" | "full";
  className?: string | undefined;
}

/** A line of text that is not there yet, as high as the line will be. Hidden from screen readers. */
export function Skeleton({ width = "medium", className }: Props): ReactElement {
  return <span aria-hidden className={classes(styles.skeleton, styles[width], className)} />;
}
