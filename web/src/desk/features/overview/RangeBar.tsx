import { useState, type ReactElement } from "react";
import { Button } from "@shared/ui/Button";
import { Choices } from "@shared/ui/Choices";
import { formatDay } from "../../core/format";
import { parseDay, type Grain } from "./dates";
import styles from "./RangeBar.module.css";
import { grainsFor, PRESETS, type Preset, type Range, type Selection } from "./ranges";

interface Props {
  selection: Selection;
  range: Range;
  grain: Grain;
  onSelect: (selection: Selection) => void;
}

const GRAIN_LABEL: Record<Grain, string> = {
  day: "Day",
  week: "Week",
  month: "Month",
  year: "Year",
};

/** Which days are shown, and by what they are summed up. */
export function RangeBar({ selection, range, grain, onSelect }: Props): ReactElement {
  const choose = (preset: Preset): void =>
    onSelect(preset === "custom" ? { preset, range, grain: selection.grain } : { preset });
  return (
    <div className={styles.bar}>
      <Choices
        label="Days"
        className={styles.choices}
        choices={PRESETS}
        chosen={selection.preset}
        onChoose={choose}
      />
      {selection.preset === "custom" ? (
        <CustomRange
          key={`${range.from}/${range.to}`}
          range={range}
          onApply={(chosen) => onSelect({ ...selection, range: chosen })}
        />
      ) : (
        <p className={styles.days}>
          {formatDay(range.from)} – {formatDay(range.to)}
        </p>
      )}
      <Choices
        label="Summed up by"
        className={styles.choices}
        choices={grainsFor(range).map((id) => ({ id, label: GRAIN_LABEL[id] }))}
        chosen={grain}
        onChoose={(id) => onSelect({ ...selection, grain: id })}
      />
    </div>
  );
}

function CustomRange({
  range,
  onApply,
}: {
  range: Range;
  onApply: (range: Range) => void;
}): ReactElement {
  const [from, setFrom] = useState<string>(range.from);
  const [to, setTo] = useState<string>(range.to);
  const [first, last] = [parseDay(from), parseDay(to)];
  const problem =
    !first || !last ? "Both need a date." : first > last ? "It ends before it starts." : "";
  const submit = (): void => {
    if (first && last && !problem) onApply({ from: first, to: last });
  };
  return (
    <form
      className={styles.custom}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      noValidate
    >
      <label>
        <span>From</span>
        <input
          type="date"
          value={from}
          onChange={(event) => setFrom(event.target.value)}
          aria-invalid={!first}
        />
      </label>
      <label>
        <span>to</span>
        <input
          type="date"
          value={to}
          onChange={(event) => setTo(event.target.value)}
          aria-invalid={problem !== ""}
        />
      </label>
      <Button
        type="submit"
        disabled={problem !== "" || (first === range.from && last === range.to)}
      >
        Show
      </Button>
      {problem && (
        <span className={styles.problem} role="alert">
          {problem}
        </span>
      )}
    </form>
  );
}
