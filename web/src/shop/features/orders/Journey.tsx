import type { ReactElement } from "react";
import { moment } from "@shared/format";
import type { Following } from "../../core/follow";
import type { Sighting } from "../../core/placed";
import { acceptedAt, STAGES, stageOf, type Stage } from "../../core/stages";
import { classes } from "@shared/ui/classes";
import styles from "./Journey.module.css";

const NAMES: Record<Stage, string> = {
  accepted: "Accepted",
  visible: "Visible",
  stored: "In the warehouse",
};

const MEANING: Record<Stage, string> = {
  accepted: "Saved on disk; nothing can lose it.",
  visible: "Priced, and part of your history.",
  stored: "Counted in the shop’s books.",
};

interface Props {
  order_id: string;
  seen: Sighting | undefined;
  following: Following;
}

/** The three stations of an order, and where it is now. */
export function Journey({ order_id, seen, following }: Props): ReactElement {
  const reached = STAGES.indexOf(stageOf(seen));
  return (
    <div>
      <ol className={styles.journey} aria-label="Where it is">
        {STAGES.map((stage, at) => (
          <li
            key={stage}
            className={classes(
              styles.station,
              at <= reached && styles.reached,
              at === reached + 1 && styles.next,
            )}
            aria-current={at === reached ? "step" : undefined}
          >
            <span aria-hidden className={styles.mark} />
            <span className={styles.name}>{NAMES[stage]}</span>
            <span className={styles.when}>
              {at <= reached
                ? whenOf(stage, order_id, seen)
                : pending(stage, at - reached, following)}
            </span>
            <span className={styles.meaning}>{MEANING[stage]}</span>
          </li>
        ))}
      </ol>
      <p role="status" className="visually-hidden">
        {NAMES[STAGES[reached] ?? "accepted"]}
      </p>
    </div>
  );
}

function whenOf(stage: Stage, order_id: string, seen: Sighting | undefined): string {
  const at = {
    accepted: acceptedAt(order_id) ?? seen?.accepted_at,
    visible: seen?.visible?.at,
    stored: seen?.stored?.at,
  }[stage];
  if (at === undefined) return "Done";
  // Only the stream says when; where the page asked later, it knows that it was by then.
  return stage === "stored" ? `By ${moment(at)}` : moment(at);
}

function pending(stage: Stage, ahead: number, { link, warehouse }: Following): string {
  if (stage === "stored" && warehouse === false) return "The warehouse runs elsewhere";
  if (ahead > 1) return "After that";
  if (link === "broken") return stage === "stored" ? "Not heard of yet" : "Asking for it…";
  return link === "live" ? "On its way…" : "Connecting…";
}
