import { useState, type ReactElement } from "react";
import { Button } from "@shared/ui/Button";
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
        legend="Days"
        name="range"
        choices={PRESETS.map(({ id, label }) => ({ id, label }))}
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
        legend="Summed up by"
        name="grain"
        choices={grainsFor(range).map((id) => ({ id, label: GRAIN_LABEL[id] }))}
        chosen={grain}
        onChoose={(id) => onSelect({ ...selection, grain: id })}
      />
    </div>
  );
}

interface ChoicesProps<T extends string> {
  legend: string;
  name: string;
  choices: readonly { id: T; label: string }[];
  chosen: T;
  onChoose: (id: T) => void;
}

function Choices<T extends string>({
  legend,
  name,
  choices,
  chosen,
  onChoose,
}: ChoicesProps<T>): ReactElement {
  return (
    <fieldset className={styles.choices}>
      <legend className="visually-hidden">{legend}</legend>
      {choices.map(({ id, label }) => (
        <label key={id} className={styles.choice}>
          <input
            className="visually-hidden"
            type="radio"
            name={name}
            checked={chosen === id}
            onChange={() => onChoose(id)}
          />
          {label}
        </label>
      ))}
    </fieldset>
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
