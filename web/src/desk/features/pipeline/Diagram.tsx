import { useLayoutEffect, useMemo, useRef, useState, type ReactElement } from "react";
import { classes } from "@shared/ui/classes";
import { formatAge, formatCompact, formatCount, formatRate } from "../../core/format";
import type { Arrow, Pipeline } from "../../core/pipeline/contract";
import type { Health } from "../../core/pipeline/health";
import { LevelMark } from "../../core/pipeline/LevelMark";
import { LEVEL_WORD, type Level } from "../../core/pipeline/state";
import styles from "./Diagram.module.css";
import { BOX, drawingOf, type Drawing } from "./geometry";
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
  const shape = pipeline.arrows.map(({ id }) => id).join("\n");
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
            {["ok", "busy", "unknown", "late", "alarm", "link"].map((name) => (
              <Tip key={name} name={name} />
            ))}
          </defs>
          {layout.links.map(({ from, to }) => (
            <path
              key={`${from.id} ${to.id}`}
              d={drawing.lineOf({ from, to, lane: undefined, elbow: false }).path}
              className={styles.link}
              markerEnd="url(#tip-link)"
            />
          ))}
          {layout.ways.map((way) => (
            <ArrowLine key={way.id} way={way} drawing={drawing} health={health} />
          ))}
          {layout.boxes.map((box) => (
            <BoxMark key={box.id} box={box} drawing={drawing} note={noteOf(box, pipeline)} />
          ))}
          {layout.ways.map((way) => {
            const arrow = pipeline.arrows.find(({ id }) => id === way.id);
            const at = drawing.lineOf(way).label;
            return arrow && <ArrowWords key={way.id} arrow={arrow} at={at} health={health} />;
          })}
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
    // Before the first paint, so that the picture is there at once and pushes nothing down.
    setWidth(Math.floor(element.clientWidth));
    const observer = new ResizeObserver(([entry]) =>
      setWidth(Math.floor(entry?.contentRect.width ?? 0)),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [host]);
  return width;
}

function levelOf(id: string, health: Health): Level {
  return health.states.get(id)?.level ?? "unknown";
}

function Tip({ name }: { name: string }): ReactElement {
  return (
    <marker
      id={`tip-${name}`}
      viewBox="0 0 8 8"
      refX="5"
      refY="4"
      markerWidth="9"
      markerHeight="9"
      markerUnits="userSpaceOnUse"
      orient="auto"
    >
      <path d="M0 0.5 7 4 0 7.5z" className={styles[`tip_${name}`]} />
    </marker>
  );
}

interface LineProps {
  way: Way;
  drawing: Drawing;
  health: Health;
}

function ArrowLine({ way, drawing, health }: LineProps): ReactElement {
  const level = levelOf(way.id, health);
  const moving = (health.motions.get(way.id)?.rate ?? 0) > 0;
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

interface WordsProps {
  arrow: Arrow;
  at: { x: number; y: number };
  health: Health;
}

/** Above the line what moves, below it how far behind and how it stands. */
function ArrowWords({ arrow, at, health }: WordsProps): ReactElement {
  const level = levelOf(arrow.id, health);
  const rate = formatRate(health.motions.get(arrow.id)?.rate);
  const lag =
    arrow.lag_seconds === null ? "lag not known" : `${formatAge(arrow.lag_seconds)} behind`;
  const waits =
    arrow.backlog === null ? "backlog not known" : `${formatCompact(arrow.backlog)} waiting`;
  const oldest = ageOf(arrow.oldest_at, health);
  const below = [lag, waits, ...(oldest ? [`oldest ${oldest}`] : [])];
  const foot = at.y + 17 + below.length * 15;
  const word = LEVEL_WORD[level];
  return (
    <g className={styles.words} textAnchor="middle" aria-hidden="true">
      <text x={at.x} y={at.y - 24} className={styles.small}>
        {kindOf(arrow)}
      </text>
      <text x={at.x} y={at.y - 8} className={styles.rate}>
        {rate}
      </text>
      {below.map((line, i) => (
        <text key={i} x={at.x} y={at.y + 17 + i * 15} className={styles.small}>
          {line}
        </text>
      ))}
      <svg
        x={at.x - word.length * 3.2 - 11}
        y={foot - 12}
        width="14"
        height="14"
        overflow="visible"
      >
        <LevelMark level={level} />
      </svg>
      <text x={at.x + 9} y={foot} className={styles.small}>
        {word}
      </text>
    </g>
  );
}

function ageOf(oldest: string | null, health: Health): string | undefined {
  if (oldest === null) return undefined;
  const seconds = (health.at - Date.parse(oldest)) / 1000;
  return Number.isFinite(seconds) && seconds >= 1 ? formatAge(seconds) : undefined;
}

interface BoxProps {
  box: Box;
  drawing: Drawing;
  note: string | undefined;
}

function BoxMark({ box, drawing, note }: BoxProps): ReactElement {
  const { x, y } = drawing.boxAt(box);
  return (
    <g aria-hidden="true">
      <rect
        x={x + 0.5}
        y={y + 0.5}
        width={BOX.width - 1}
        height={BOX.height - 1}
        rx="10"
        className={styles.box}
      />
      <text x={x + 12} y={y + 24} className={styles.title}>
        {titleOf(box.id)}
      </text>
      {linesOf(box.id, note ? 1 : 2).map((line, i) => (
        <text key={i} x={x + 12} y={y + 43 + i * 15} className={styles.small}>
          {line}
        </text>
      ))}
      {note && (
        <text x={x + 12} y={y + 63} className={styles.note}>
          {note}
        </text>
      )}
    </g>
  );
}

const LINE_CHARACTERS = 21;

/** A name in as many lines as there is room for, broken where it has a joint. */
function linesOf(name: string, most: number): string[] {
  const lines: string[] = [];
  let rest = name;
  while (rest.length > LINE_CHARACTERS && lines.length + 1 < most) {
    const joint = rest.slice(0, LINE_CHARACTERS).search(/[-_.](?=[^-_.]*$)/);
    const cut = joint > 0 ? joint + 1 : LINE_CHARACTERS;
    lines.push(rest.slice(0, cut));
    rest = rest.slice(cut);
  }
  return [
    ...lines,
    rest.length > LINE_CHARACTERS ? `${rest.slice(0, LINE_CHARACTERS - 1)}…` : rest,
  ];
}

/** What waits inside a box: orders that are parked and events that could not be applied. */
function noteOf({ id }: Box, { read_model: model }: Pipeline): string | undefined {
  if (!model || titleOf(id) !== "Read model") return undefined;
  return `${formatCompact(model.parked)} parked, ${formatCompact(model.dead_letters)} dead`;
}
