import { Radio } from "@base-ui/react/radio";
import { RadioGroup } from "@base-ui/react/radio-group";
import type { ReactElement } from "react";
import { classes } from "./classes";
import styles from "./Choices.module.css";

interface Props<T extends string> {
  /** What is chosen here, for who cannot see it. */
  label: string;
  choices: readonly { id: T; label: string }[];
  chosen: T;
  onChoose: (id: T) => void;
  look?: "bar" | "pill";
  className?: string | undefined;
}

/** One of a few, all in sight. */
export function Choices<T extends string>({
  label,
  choices,
  chosen,
  onChoose,
  look = "bar",
  className,
}: Props<T>): ReactElement {
  return (
    <RadioGroup<T>
      aria-label={label}
      value={chosen}
      onValueChange={(id) => onChoose(id)}
      className={classes(styles.choices, styles[look], className)}
    >
      {choices.map((each) => (
        <label key={each.id} className={styles.choice}>
          <Radio.Root value={each.id} className={styles.radio} />
          {each.label}
        </label>
      ))}
    </RadioGroup>
  );
}
