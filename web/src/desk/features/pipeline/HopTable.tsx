import type { ReactElement } from "react";
import { Spark } from "../../core/chart/Spark";
import { formatAge, formatCount, formatRate } from "../../core/format";
import type { Arrow, Pipeline } from "../../core/pipeline/contract";
import type { Health } from "../../core/pipeline/health";
import { LevelMark } from "../../core/pipeline/LevelMark";
import { LEVEL_WORD } from "../../core/pipeline/state";
import { kindOf } from "./names";
import styles from "./Pipeline.module.css";

/** Every hop in words and figures. */
export function HopTable({
  pipeline,
  health,
}: {
  pipeline: Pipeline;
  health: Health;
}): ReactElement {
  return (
    <section className={styles.sheet} aria-labelledby="hops">
      <h2 id="hops">Every hop</h2>
      <table className={styles.hops}>
        <thead>
          <tr>
            <th scope="col">Hop</th>
            <th scope="col">State</th>
            <th scope="col">Rate</th>
            <th scope="col">Behind</th>
            <th scope="col">Waiting</th>
            <th scope="col">Position</th>
            <th scope="col">Moved</th>
            <th scope="col">
              <span className="visually-hidden">Rate over two minutes</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {pipeline.arrows.map((arrow) => (
            <HopRow key={arrow.id} arrow={arrow} health={health} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function known(value: number | null, format: (value: number) => string): string {
  return value === null ? "not known" : format(value);
}

function HopRow({ arrow, health }: { arrow: Arrow; health: Health }): ReactElement {
  const state = health.states.get(arrow.id);
  const motion = health.motions.get(arrow.id);
  const level = state?.level ?? "unknown";
  return (
    <tr data-level={level}>
      <th scope="row">
        <b>{kindOf(arrow)}</b>
        <span>
          {arrow.from} → {arrow.to}
        </span>
        {arrow.delivery && <Delivery delivery={arrow.delivery} />}
      </th>
      <td data-label="State" className={styles.state}>
        <LevelMark level={level} />
        <span>
          <b>{LEVEL_WORD[level]}.</b> {state?.says}
        </span>
      </td>
      <td data-label="Rate">{formatRate(motion?.rate)}</td>
      <td data-label="Behind">{known(arrow.lag_seconds, formatAge)}</td>
      <td data-label="Waiting">{known(arrow.backlog, formatCount)}</td>
      <td data-label="Position">
        {arrow.position === null ? "–" : formatCount(arrow.position)}
        {arrow.head !== null && <span className="muted"> of {formatCount(arrow.head)}</span>}
      </td>
      <td data-label="Moved">{formatCount(arrow.moved)}</td>
      <td data-label="" className={styles.spark}>
        <Spark values={motion?.rates ?? []} />
      </td>
    </tr>
  );
}

function Delivery({ delivery }: { delivery: NonNullable<Arrow["delivery"]> }): ReactElement {
  return (
    <span>
      {formatCount(delivery.in_flight)} of {formatCount(delivery.window)} in flight,{" "}
      {formatCount(delivery.waiting_for_retry)} wait for another try,{" "}
      {formatCount(delivery.redelivered)} delivered again, {formatCount(delivery.rejected)} refused
    </span>
  );
}
