import { useMemo, useState, type ReactElement } from "react";
import { Plot } from "../../core/chart/Plot";
import type { Shape } from "../../core/chart/plot";
import { formatCompact, formatCount } from "../../core/format";
import type { Answer } from "../../core/warehouse/ask";
import { isNumeric, toText } from "../../core/warehouse/cells";
import { chartOf, guessChart, MAX_SERIES, type ChartChoice } from "./chartOf";
import styles from "./ResultChartView.module.css";

const SHAPES: { id: Shape; label: string }[] = [
  { id: "bars", label: "Bars" },
  { id: "line", label: "Line" },
  { id: "area", label: "Area" },
  { id: "points", label: "Points" },
];

/** A result drawn; the table of the same result is its alternative for who cannot see it. */
export default function ResultChartView({ answer }: { answer: Answer }): ReactElement {
  const guess = useMemo(() => guessChart(answer), [answer]);
  const [own, setOwn] = useState<ChartChoice | null>(null);
  const choice = own ?? guess;
  const chart = useMemo(() => choice && chartOf(answer, choice, formatCompact), [answer, choice]);

  if (answer.rows.length === 0) return <p className={styles.empty}>No rows, so nothing to draw.</p>;
  if (!choice || !chart) {
    return (
      <p className={styles.empty}>
        Nothing in this result is a number. Add a count or a sum to draw it.
      </p>
    );
  }
  const describe = (index: number) => {
    const row = chart.rows[index] ?? [];
    return {
      title: choice.x < 0 ? `Row ${index + 1}` : toText(row[choice.x]) || "NULL",
      lines: choice.y.map((y) => ({
        label: answer.columns[y]?.name ?? "",
        value: row[y] === null ? "NULL" : toText(row[y]),
      })),
    };
  };
  return (
    <div className={styles.resultChart}>
      <ChartForm answer={answer} choice={choice} onChange={setOwn} />
      <Plot
        label={`${chart.series.map(({ label }) => label).join(", ")} of the result`}
        values={chart.values}
        series={chart.series}
        x={chart.x}
        names={chart.names}
        formatY={chart.formatY}
        height={320}
        describe={describe}
      />
      {chart.left > 0 && (
        <p className="muted">{formatCount(chart.left)} rows of the result are not drawn.</p>
      )}
    </div>
  );
}

interface FormProps {
  answer: Answer;
  choice: ChartChoice;
  onChange: (choice: ChartChoice) => void;
}

function ChartForm({ answer, choice, onChange }: FormProps): ReactElement {
  const numbers = answer.columns.flatMap((column, i) =>
    isNumeric(column.type) ? [{ column, i }] : [],
  );
  const toggle = (i: number) => {
    const without = choice.y.filter((each) => each !== i);
    const y = without.length < choice.y.length ? without : [...choice.y, i].slice(-MAX_SERIES);
    if (y.length > 0) onChange({ ...choice, y });
  };
  return (
    <div className={styles.chartForm}>
      <label>
        Across
        <select
          value={choice.x}
          onChange={(event) => onChange({ ...choice, x: Number(event.target.value) })}
        >
          <option value={-1}>Row number</option>
          {answer.columns.map(({ name }, i) => (
            <option key={i} value={i}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <fieldset>
        <legend>Up</legend>
        {numbers.slice(0, 12).map(({ column, i }) => (
          <label key={i}>
            <input type="checkbox" checked={choice.y.includes(i)} onChange={() => toggle(i)} />{" "}
            {column.name}
          </label>
        ))}
      </fieldset>
      <label>
        As
        <select
          value={choice.shape}
          onChange={(event) => onChange({ ...choice, shape: event.target.value as Shape })}
        >
          {SHAPES.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
