import type { ComponentProps, ReactElement } from "react";
import { classes } from "./classes";
import styles from "./Button.module.css";

interface Props extends ComponentProps<"button"> {
  look?: "primary" | "plain" | "quiet";
  /** Something it started is under way: it keeps its place and focus, and does nothing when pressed. */
  busy?: boolean;
}

export function Button({
  look = "plain",
  busy = false,
  className,
  onClick,
  type = "button",
  ...rest
}: Props): ReactElement {
  return (
    <button
      {...rest}
      type={type}
      aria-disabled={busy || undefined}
      data-busy={busy || undefined}
      className={classes(styles.button, styles[look], className)}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    />
  );
}
