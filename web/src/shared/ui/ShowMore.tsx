import { useEffect, useRef, useState, type ReactElement } from "react";
import { Button } from "./Button";

interface Props {
  /** Whether there is more to ask for. */
  more: boolean;
  busy: boolean;
  onMore: () => void;
  look?: "plain" | "quiet";
}

/** Asks for the next page of a list. When the last one has come, it hands the focus on. */
export function ShowMore({ more, busy, onMore, look = "plain" }: Props): ReactElement | null {
  const [asked, setAsked] = useState(false);
  const pressed = useRef(false);
  const end = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (more) return;
    if (pressed.current) end.current?.focus({ preventScroll: true });
    pressed.current = false;
  }, [more]);

  if (!more) {
    return asked ? (
      <p ref={end} tabIndex={-1} className="visually-hidden">
        That is all.
      </p>
    ) : null;
  }
  return (
    <Button
      look={look}
      busy={busy}
      onClick={() => {
        pressed.current = true;
        setAsked(true);
        onMore();
      }}
      onBlur={() => (pressed.current = false)}
    >
      {busy ? "Loading…" : "Show more"}
    </Button>
  );
}
