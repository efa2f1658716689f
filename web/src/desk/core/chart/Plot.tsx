import {
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactElement,
} from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { onThemeChange } from "./palette";
import { plotOptions, type PlotAxes, type PlotSeries } from "./plot";
import styles from "./Plot.module.css";

interface Props extends PlotAxes {
  /** What the chart shows, for who cannot see it. */
  label: string;
  values: readonly number[];
  series: readonly PlotSeries[];
  height: number;
  /** What stands at a point, exact: a title and a line a series. */
  describe: (index: number) => Description;
  /** Called with the first and last index of what was drawn over, or picked with the keyboard. */
  onSelect?: ((from: number, to: number) => void) | undefined;
}

export interface Description {
  title: string;
  lines: readonly { label: string; value: string }[];
}

/**
 * A chart with exact values under the pointer. With the keyboard: arrows move from point to point,
 * Home and End to the ends, Shift with them picks a range, Enter takes it, Escape lets go. A screen
 * reader meets a slider whose value is the point's text; the table beside a chart says it all.
 */
export function Plot(props: Props): ReactElement {
  const { label, height, describe, onSelect } = props;
  const host = useRef<HTMLDivElement>(null);
  const [plot, width] = usePlot(host, props);
  const [index, setIndex] = useCursor(plot, props);
  const [anchor, setAnchor] = useState<number | null>(null);
  const hint = useId();
  const last = props.values.length - 1;

  const go = (to: number, extend: boolean) => {
    const at = Math.min(Math.max(to, 0), last);
    setAnchor(extend && onSelect ? (anchor ?? index ?? at) : null);
    setIndex(at);
  };
  useShownRange(plot, anchor, index);

  const onKeyDown = (event: KeyboardEvent) => {
    const from = index ?? (event.key === "ArrowLeft" ? last + 1 : -1);
    const moves: Record<string, number> = {
      ArrowLeft: from - 1,
      ArrowRight: from + 1,
      Home: 0,
      End: last,
    };
    const move = moves[event.key];
    if (move !== undefined) go(move, event.shiftKey);
    else if (event.key === "Escape" && index !== null) {
      setAnchor(null);
      setIndex(null);
    } else if (event.key === "Enter" && onSelect && anchor !== null && index !== null) {
      onSelect(Math.min(anchor, index), Math.max(anchor, index));
      setAnchor(null);
    } else return;
    event.preventDefault();
  };

  const shown = index !== null && index <= last ? describe(index) : undefined;
  return (
    <div className={styles.plot}>
      <div
        className={styles.plotCanvas}
        ref={host}
        style={{ height }}
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-describedby={onSelect ? hint : undefined}
        aria-valuemin={0}
        aria-valuemax={Math.max(last, 0)}
        aria-valuenow={Math.max(index ?? 0, 0)}
        aria-valuetext={shown ? spoken(shown) : "No point chosen"}
        onKeyDown={onKeyDown}
        onBlur={() => {
          setAnchor(null);
          setIndex(null);
        }}
      />
      {onSelect && (
        <span id={hint} hidden>
          Arrow keys move, with Shift they pick a range, Enter takes it.
        </span>
      )}
      {shown && plot && index !== null && (
        <Tip description={shown} left={leftOf(plot, props.values[index] ?? 0)} width={width} />
      )}
    </div>
  );
}

function spoken({ title, lines }: Description): string {
  return `${title}: ${lines.map(({ label, value }) => `${label} ${value}`).join(", ")}`;
}

function leftOf(plot: uPlot, x: number): number {
  return plot.valToPos(x, "x") + plot.over.offsetLeft;
}

function Tip({
  description,
  left,
  width,
}: {
  description: Description;
  left: number;
  width: number;
}): ReactElement {
  const flip = left > width / 2;
  return (
    <div
      className={styles.plotTip}
      aria-hidden="true"
      style={flip ? { right: width - left + 12 } : { left: left + 12 }}
    >
      <p className={styles.plotTipTitle}>{description.title}</p>
      {description.lines.map(({ label, value }) => (
        <p key={label} className={styles.plotTipLine}>
          <span>{label}</span>
          <b>{value}</b>
        </p>
      ))}
    </div>
  );
}

/** The drawing, made anew when the data, the size or the theme changes. */
function usePlot(
  host: React.RefObject<HTMLDivElement | null>,
  props: Props,
): [uPlot | null, number] {
  const [plot, setPlot] = useState<uPlot | null>(null);
  const [width, setWidth] = useState(0);
  const [theme, setTheme] = useState(0);
  const latest = useRef(props);
  useLayoutEffect(() => {
    latest.current = props;
  });
  useLayoutEffect(() => {
    const element = host.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) =>
      setWidth(Math.floor(entry?.contentRect.width ?? 0)),
    );
    observer.observe(element);
    const stop = onThemeChange(() => setTheme((before) => before + 1));
    return () => {
      observer.disconnect();
      stop();
    };
  }, [host]);

  const { values, series, height, x, names } = props;
  const selectable = props.onSelect !== undefined;
  useLayoutEffect(() => {
    const element = host.current;
    if (!element || width === 0) return;
    const { formatY } = latest.current;
    const options = plotOptions(
      element,
      { width, height },
      values,
      series,
      { x, names, formatY },
      {
        onIndex: (index) => listeners.get(made)?.(index),
        onSelect: selectable ? (from, to) => latest.current.onSelect?.(from, to) : undefined,
      },
    );
    const data = [values, ...series.map((each) => each.values)] as unknown as uPlot.AlignedData;
    const made = new uPlot(options, data, element);
    setPlot(made);
    return () => {
      listeners.delete(made);
      made.destroy();
      setPlot(null);
    };
  }, [host, width, height, values, series, x, names, theme, selectable]);
  return [plot, width];
}

/** Who hears where the pointer of a drawing is. */
const listeners = new WeakMap<uPlot, (index: number | null) => void>();

function useCursor(
  plot: uPlot | null,
  { values }: Props,
): [number | null, (index: number | null) => void] {
  const [index, setIndex] = useState<number | null>(null);
  useEffect(() => {
    if (!plot) return;
    listeners.set(plot, setIndex);
  }, [plot]);
  const move = (to: number | null) => {
    setIndex(to);
    const left = to === null ? -10 : (plot?.valToPos(values[to] ?? 0, "x") ?? -10);
    plot?.setCursor({ left, top: to === null ? -10 : 10 }, false);
  };
  return [index, move];
}

function useShownRange(plot: uPlot | null, anchor: number | null, index: number | null): void {
  useEffect(() => {
    if (!plot) return;
    const x = plot.data[0];
    if (anchor === null || index === null) {
      plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      return;
    }
    const [from, to] = [anchor, index]
      .sort((a, b) => a - b)
      .map((at) => plot.valToPos(x[at] ?? 0, "x"));
    plot.setSelect(
      { left: from ?? 0, top: 0, width: (to ?? 0) - (from ?? 0), height: plot.over.clientHeight },
      false,
    );
  }, [plot, anchor, index]);
}
