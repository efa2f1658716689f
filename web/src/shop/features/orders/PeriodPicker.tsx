import { useId, useState, type ReactElement } from "react";
import { Link, useNavigate } from "react-router-dom";
import { day as dayWords, monthName } from "@shared/format";
import { Button } from "@shared/ui/Button";
import { parsePeriod, periodText, yearBeside, type Period } from "./dates";
import styles from "./PeriodPicker.module.css";

const MONTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] as const;
const to = (period: Period): string => `/orders?date=${periodText(period)}`;

/** Chooses a year, one of its months, or any date as it is typed. */
export function PeriodPicker({ period }: { period: Period }): ReactElement {
  const { year, month } = period;
  return (
    <nav aria-label="Period" className={styles.picker}>
      <div className={styles.years}>
        <YearLink year={yearBeside(year, -1)} words="Year before" sign="←" />
        <Link
          to={to({ year })}
          className={styles.year}
          aria-current={month === undefined ? "page" : undefined}
          aria-label={`All of ${year}`}
        >
          {periodText({ year })}
        </Link>
        <YearLink year={yearBeside(year, 1)} words="Year after" sign="→" />
      </div>
      <ul className={styles.months}>
        {MONTHS.map((each) => (
          <li key={each}>
            <Link
              to={to({ year, month: each })}
              aria-current={
                month === each ? (period.day === undefined ? "page" : "true") : undefined
              }
            >
              {monthName(each).slice(0, 3)}
              <span className="visually-hidden"> {year}</span>
            </Link>
          </li>
        ))}
      </ul>
      <DateField period={period} key={periodText(period)} />
    </nav>
  );
}

interface YearLinkProps {
  year: number | undefined;
  words: string;
  sign: string;
}

function YearLink({ year, words, sign }: YearLinkProps): ReactElement {
  if (year === undefined) return <span aria-hidden className={styles.arrow} />;
  return (
    <Link to={to({ year })} className={styles.arrow} aria-label={`${words}: ${year}`}>
      {sign}
    </Link>
  );
}

function DateField({ period }: { period: Period }): ReactElement {
  const [typed, setTyped] = useState(periodText(period));
  const [wrong, setWrong] = useState(false);
  const navigate = useNavigate();
  const id = useId();
  return (
    <form
      className={styles.date}
      onSubmit={(event) => {
        event.preventDefault();
        const chosen = parsePeriod(typed);
        setWrong(chosen === undefined);
        if (chosen) navigate(to(chosen));
      }}
    >
      <label htmlFor={id}>Date</label>
      <input
        id={id}
        value={typed}
        inputMode="numeric"
        autoComplete="off"
        maxLength={10}
        aria-invalid={wrong}
        aria-describedby={`${id}-hint`}
        onChange={(event) => setTyped(event.target.value)}
      />
      <Button type="submit">Show</Button>
      <p
        id={`${id}-hint`}
        className={wrong ? styles.wrong : "visually-hidden"}
        role={wrong ? "alert" : undefined}
      >
        {wrong ? "Such as 2021, 2021-02 or 2021-02-14." : "A year, a month or a day."}
      </p>
    </form>
  );
}

/** The period in words, for headings. */
export function periodWords({ year, month, day }: Period): string {
  if (month === undefined) return `All of ${year}`;
  if (day === undefined) return `${monthName(month)} ${year}`;
  return dayWords(periodText({ year, month, day }));
}
