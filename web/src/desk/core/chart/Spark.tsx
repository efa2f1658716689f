import type { ReactElement } from "react";
import styles from "./Spark.module.css";

const WIDTH = 96;
const HEIGHT = 24;

/** A small curve beside a number that says the same; holes are where a value is not known. */
export function Spark({
  values,
  max,
}: {
  values: readonly (number | undefined)[];
  max?: number;
}): ReactElement {
  const top = Math.max(max ?? 0, ...values.map((value) => value ?? 0), Number.EPSILON);
  const step = WIDTH / Math.max(values.length - 1, 1);
  let path = "";
  let pen = false;
  values.forEach((value, i) => {
    if (value === undefined) {
      pen = false;
      return;
    }
    const y = HEIGHT - 1 - (value / top) * (HEIGHT - 2);
    path += `${pen ? "L" : "M"}${(i * step).toFixed(1)} ${y.toFixed(1)}`;
    pen = true;
  });
  return (
    <svg
      className={styles.spark}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path
        d={path}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
