import { useMemo, type ReactElement } from "react";
import { messageOf } from "@shared/api/problem";
import { time } from "@shared/format";
import { classes } from "@shared/ui/classes";
import { Button } from "@shared/ui/Button";
import { Notice } from "@shared/ui/Notice";
import { PageHead } from "../../core/PageHead";
import { formatAge, formatCount } from "../../core/format";
import type { Pipeline } from "../../core/pipeline/contract";
import { healthOf } from "../../core/pipeline/health";
import { LevelMark } from "../../core/pipeline/LevelMark";
import type { Verdict } from "../../core/pipeline/state";
import { usePipeline, type PipelineView } from "../../core/pipeline/usePipeline";
import { useVerification } from "../../core/pipeline/useVerification";
import { withVerification } from "../../core/pipeline/verification";
import { Diagram } from "./Diagram";
import { HopTable } from "./HopTable";
import { DeadLetters } from "./letters/DeadLetters";
import styles from "./Pipeline.module.css";
import { VerificationSheet } from "./VerificationSheet";
import { ParkedOrders } from "./Waiting";

const EVERY_MS = 1_000;
/** The stores are compared every few minutes. */
const VERIFICATION_EVERY_MS = 5_000;

/** Is it well, and if not, where does it hurt and what helps. */
export default function PipelinePage(): ReactElement {
  const view = usePipeline(EVERY_MS);
  const { samples, error } = view;
  const pipeline = samples.at(-1)?.pipeline;
  const compares = pipeline !== undefined && pipeline.read_model !== null;
  const verified = useVerification(VERIFICATION_EVERY_MS, compares);
  const health = useMemo(() => healthOf(samples), [samples]);
  return (
    <>
      <PageHead title="Pipeline">
        <p className={styles.live}>
          {error ? "Asked again every second" : pipeline ? "Looked at every second" : "Looking…"}
          {view.at > 0 && <span className="numeric"> · as of {time(view.at)}</span>}
        </p>
      </PageHead>
      {error && <Away view={view} />}
      {pipeline && health ? (
        <div className={styles.sheets} data-old={error !== null || undefined}>
          {!error && (
            <VerdictBar verdict={withVerification(health.verdict, verified.verification)} />
          )}
          <section className={classes(styles.sheet, styles.picture)} aria-label="Diagram">
            <Diagram pipeline={pipeline} health={health} />
          </section>
          <HopTable pipeline={pipeline} health={health} />
          {compares && <VerificationSheet view={verified} />}
          {pipeline.read_model && (
            <>
              <DeadLetters count={pipeline.read_model.dead_letters} />
              <ParkedOrders count={pipeline.read_model.parked} />
            </>
          )}
          <Process pipeline={pipeline} />
        </div>
      ) : (
        !error && <p className={styles.first}>Looking at every hop…</p>
      )}
    </>
  );
}

function Away({ view }: { view: PipelineView }): ReactElement {
  return (
    <Notice tone="danger" role="alert" title="The server does not tell how it is.">
      <p>{messageOf(view.error)}</p>
      <p>
        {view.at > 0
          ? `Below is how it stood at ${time(view.at)}. It goes on here by itself as soon as the server answers.`
          : "It goes on here by itself as soon as the server answers."}{" "}
        If it stays away: is the process running, and what is the last line of its log?
      </p>
      <Button onClick={view.retry}>Ask now</Button>
    </Notice>
  );
}

function VerdictBar({ verdict }: { verdict: Verdict }): ReactElement {
  const { level, word, says, items } = verdict;
  return (
    <section className={styles.verdict} data-level={level} aria-label="State">
      <p className={styles.word} role="status">
        <LevelMark level={level} className={styles.mark} />
        <b>{word}</b>
        <span>{says}</span>
      </p>
      {items.length > 0 && (
        <ul className={styles.items}>
          {items.map((item, i) => (
            <li key={`${item.what} ${item.says}`}>
              <LevelMark level={item.level} />
              <div>
                <p>
                  <b>{item.what}</b> {item.says}
                </p>
                {item.todo !== items[i - 1]?.todo && <p className={styles.todo}>{item.todo}</p>}
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Process({ pipeline }: { pipeline: Pipeline }): ReactElement {
  const facts: [string, string][] = [
    ["Version", pipeline.version],
    ["Runs since", `${formatAge(pipeline.uptime_seconds)} ago`],
    ["Services here", pipeline.services.join(", ")],
    ["Open streams", formatCount(pipeline.streams)],
  ];
  return (
    <dl className={styles.facts} aria-label="Process">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
