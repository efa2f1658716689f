import { useMemo, type ReactElement } from "react";
import { Link } from "react-router-dom";
import { classes } from "@shared/ui/classes";
import { healthOf } from "../core/pipeline/health";
import { LevelMark } from "../core/pipeline/LevelMark";
import type { Level } from "../core/pipeline/state";
import { usePipeline } from "../core/pipeline/usePipeline";
import { useVerification } from "../core/pipeline/useVerification";
import { withVerification } from "../core/pipeline/verification";
import styles from "./Desk.module.css";

const EVERY_MS = 5_000;
/** The stores are compared every few minutes. */
const VERIFICATION_EVERY_MS = 30_000;

/** On every page: is the pipeline well? Leads to where it hurts. */
export function HealthPill(): ReactElement {
  const { samples, error } = usePipeline(EVERY_MS);
  const health = useMemo(() => healthOf(samples), [samples]);
  const model = samples.at(-1)?.pipeline.read_model ?? null;
  const { verification } = useVerification(VERIFICATION_EVERY_MS, model !== null);
  const verdict = health && withVerification(health.verdict, verification);
  const level: Level = error ? "alarm" : (verdict?.level ?? "unknown");
  const word = error ? "No answer" : (verdict?.word ?? "Looking…");
  return (
    <Link
      to="/pipeline"
      className={classes(styles.pill, styles[level])}
      aria-label={`Pipeline: ${word}`}
    >
      <LevelMark level={level} />
      <span>{word}</span>
    </Link>
  );
}
