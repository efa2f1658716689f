import { useLayoutEffect, useMemo, useRef, useState, type ReactElement } from "react";
import { classes } from "@shared/ui/classes";
import { formatAge, formatCompact, formatCount, formatRate } from "../../core/format";
import type { Pipeline } from "../../core/pipeline/contract";
import type { Health } from "../../core/pipeline/health";
import { LevelMark } from "../../core/pipeline/LevelMark";
import { LEVEL_WORD, type Level } from "../../core/pipeline/state";
import styles from "./Diagram.module.css";
import { drawingOf, type Drawing } from "./geometry";
import { layoutOf, MAX_DRAWN, type Box, type Way } from "./layout";
import { kindOf, titleOf } from "./names";

interface Props {
  pipeline: Pipeline;
  health: Health;
}

/** The system as it runs now. The table below it says the same to who cannot see it. */
export function Diagram({ pipeline, health }: Props): ReactElement {
  const host = useRef<HTMLDivElement>(null);
  const width = useWidth(host);
  // The same boxes in every picture, so that nothing jumps from one second to the next.
  const shape = pipeline.arrows.map(({ id, from, to }) => `${id} ${from} ${to}`).join("\n");
  // eslint-disable-next-line react-hooks/exhaustive-deps -- shape stands for the arrows
  const layout = useMemo(() => layoutOf(pipeline.arrows), [shape]);
  const drawing = useMemo(() => drawingOf(layout, width), [layout, width]);
  const left = pipeline.arrows.length - layout.ways.length;
  return (
    <div ref={host} className={styles.host}>
      {width > 0 && (
        <svg
          width={drawing.width}
          height={drawing.height}
          viewBox={`0 0 ${drawing.width} ${drawing.height}`}
          role="img"
          aria-label={`The pipeline: ${health.verdict.says} The table below has every hop.`}
        >
          <defs>
            {(["ok", "busy", "unknown", "late", "alarm"] as const).map((level) => (
              <Tip key={level} level={level} />
            ))}
          </defs>
          {layout.ways.map((way) => (
            <ArrowLine key={way.arrow.id} way={way} drawing={drawing} health={health} />
          ))}
          {layout.boxes.map((box) => (
            <BoxMark key={box.id} box={box} drawing={drawing} note={noteOf(box, pipeline)} />
          ))}
          {layout.ways.map((way) => (
            <ArrowWords
              key={way.arrow.id}
              way={{
                ...way,
                arrow: pipeline.arrows.find(({ id }) => id === way.arrow.id) ?? way.arrow,
              }}
              drawing={drawing}
              health={health}
            />
          ))}
        </svg>
      )}
      {left > 0 && (
        <p className="muted">
          {formatCount(left)} more hops than the {formatCount(MAX_DRAWN)} drawn stand in the table.
        </p>
      )}
    </div>
  );
}

function useWidth(host: React.RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = host.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) =>
      setWidth(Math.floor(entry?.contentRect.width ?? 0)),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [host]);
  return width;
}

function levelOf(way: Way, health: Health): Level {
  return health.states.get(way.arrow.id)?.level ?? "unknown";
}

function Tip({ level }: { level: Level }): ReactElement {
  return (
    <marker
      id={`tip-${level}`}
      viewBox="0 0 8 8"
      refX="6"
      refY="4"
      markerWidth="7"
      markerHeight="7"
      orient="auto"
    >
      <path d="M0 0.5 7 4 0 7.5z" className={styles[`tip_${level}`]} />
    </marker>
  );
}

interface WayProps {
  way: Way;
  drawing: Drawing;
  health: Health;
}

function ArrowLine({ way, drawing, health }: WayProps): ReactElement {
  const level = levelOf(way, health);
  const moving = (health.motions.get(way.arrow.id)?.rate ?? 0) > 0;
  const { path } = drawing.lineOf(way);
  return (
    <>
      <path
        d={path}
        className={classes(styles.line, styles[level])}
        markerEnd={`url(#tip-${level})`}
      />
      {moving && <path d={path} className={classes(styles.flow, styles[level])} />}
    </>
  );
}

function ArrowWords({ way, drawing, health }: WayProps): ReactElement {
  const { arrow } = way;
  const { label, anchor } = drawing.lineOf(way);
  const level = levelOf(way, health);
  const middle = anchor === "middle";
  const lag =
    arrow.lag_seconds === null ? "lag not known" : `${formatAge(arrow.lag_seconds)} behind`;
  const waits =
    arrow.backlog === null ? "backlog not known" : `${formatCompact(arrow.backlog)} waiting`;
  const oldest = ageOf(arrow.oldest_at, health);
  const below = [lag, waits, ...(oldest ? [`oldest ${oldest}`] : [])];
  const top = middle ? label.y - 12 : label.y - 26;
  const word = `${kindOf(arrow)} · ${formatRate(health.motions.get(arrow.id)?.rate)}`;
  return (
    <g className={styles.words} textAnchor={anchor} aria-hidden="true">
      <svg x={middle ? label.x - 62 : label.x} y={top - 12} width="16" height="16">
        <LevelMark level={level} />
      </svg>
      <text x={middle ? label.x + 10 : label.x + 20} y={top} className={styles.rate}>
        {middle ? formatRate(health.motions.get(arrow.id)?.rate) : word}
      </text>
      {(middle ? [LEVEL_WORD[level], ...below] : below).map((line, i) => (
        <text
          key={i}
          x={label.x}
          y={(middle ? label.y + 18 : top + 17) + i * 15}
          className={styles.small}
        >
          {line}
        </text>
      ))}
    </g>
  );
}

function ageOf(oldest: string | null, health: Health): string | undefined {
  if (oldest === null) return undefined;
  const seconds = (health.at - Date.parse(oldest)) / 1000;
  return Number.isFinite(seconds) && seconds >= 1 ? `${formatAge(seconds)} old` : undefined;
}

function BoxMark({
  box,
  drawing,
  note,
}: {
  box: Box;
  drawing: Drawing;
  note: string | undefined;
}): ReactElement {
  const { x, y, width, height } = drawing.boxAt(box);
  const fits = Math.floor((width - 24) / 6.6);
  const name = box.id.length > fits ? `${box.id.slice(0, fits - 1)}…` : box.id;
  return (
    <g aria-hidden="true">
      <rect
        x={x + 0.5}
        y={y + 0.5}
        width={width - 1}
        height={height - 1}
        rx="10"
        className={styles.box}
      />
      <text x={x + 12} y={y + (note ? 20 : 27)} className={styles.title}>
        {titleOf(box.id)}
      </text>
      <text x={x + 12} y={y + (note ? 36 : 46)} className={styles.small}>
        {name}
      </text>
      {note && (
        <text x={x + 12} y={y + 53} className={styles.note}>
          {note}
        </text>
      )}
    </g>
  );
}

/** What waits inside a box: orders that are parked and events that could not be applied. */
function noteOf({ id }: Box, { read_model: model }: Pipeline): string | undefined {
  if (!model || titleOf(id) !== "Read model") return undefined;
  return `${formatCompact(model.parked)} parked · ${formatCompact(model.dead_letters)} dead`;
}
