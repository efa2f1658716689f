import { useMemo, type ReactElement } from "react";
import { Link } from "react-router-dom";
import { classes } from "@shared/ui/classes";
import { healthOf } from "../core/pipeline/health";
import { LevelMark } from "../core/pipeline/LevelMark";
import { LEVEL_WORD, type Level } from "../core/pipeline/state";
import { usePipeline } from "../core/pipeline/usePipeline";
import styles from "./Desk.module.css";

const EVERY_MS = 5_000;

/** On every page: is the pipeline well? Leads to where it hurts. */
export function HealthPill(): ReactElement {
  const { samples, error } = usePipeline(EVERY_MS);
  const health = useMemo(() => healthOf(samples), [samples]);
  const level: Level = error ? "alarm" : (health?.verdict.level ?? "unknown");
  const word = error ? "No answer" : health ? LEVEL_WORD[level] : "Looking…";
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
