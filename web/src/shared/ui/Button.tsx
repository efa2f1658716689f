import { Button as BaseButton } from "@base-ui/react/button";
import type { ComponentProps, ReactElement } from "react";
import { classes } from "./classes";
import styles from "./Button.module.css";

interface Props extends ComponentProps<"button"> {
  look?: "primary" | "plain" | "quiet" | "danger";
  /** Something it started is under way: it keeps its place and focus, and does nothing when pressed. */
  busy?: boolean;
}

export function Button({
  look = "plain",
  busy = false,
  disabled = false,
  className,
  type = "button",
  ...rest
}: Props): ReactElement {
  return (
    <BaseButton
      {...rest}
      type={type}
      disabled={disabled || busy}
      focusableWhenDisabled={busy}
      data-busy={busy || undefined}
      className={classes(styles.button, styles[look], className)}
    />
  );
}
