import { describe, expect, it } from "vitest";
import type { Arrow } from "../../core/pipeline/contract";
import { drawingOf } from "./geometry";
import { layoutOf, MAX_DRAWN } from "./layout";

const arrow = (id: string, kind: string, from: string, to: string): Arrow => ({
  id,
  kind,
  from,
  to,
  head: 0,
  position: 0,
  backlog: 0,
  oldest_at: null,
  lag_seconds: 0,
  moved: 0,
  alarm: null,
  delivery: null,
});

/** As `orderly up` names them. */
const ALL = [
  arrow(
    "relay:product-service-cqrs-event",
    "relay",
    "product-service-cqrs",
    "product-service-cqrs-event",
  ),
  arrow(
    "relay:order-service-cqrs-event",
    "relay",
    "order-service-cqrs",
    "order-service-cqrs-event",
  ),
  arrow(
    "subscription:push-order-to-orderinfo",
    "subscription",
    "order-service-cqrs-event",
    "push-order-to-orderinfo",
  ),
  arrow("products", "products", "product-service-cqrs", "orderinfo-service-cqrs"),
  arrow("projection", "projection", "order-service-cqrs", "orderinfo-service-cqrs"),
  arrow("load:order_information", "load", "orderinfo-service-cqrs", "order_information"),
  arrow("load:dead_letters", "load", "orderinfo-service-cqrs", "dead_letters"),
  arrow("load:product_versions", "load", "product-service-cqrs", "product_versions"),
];

describe("the picture", () => {
  const layout = layoutOf(ALL);
  const steps = new Map(layout.boxes.map(({ id, step }) => [id, step]));
  it("reads from the order to the warehouse", () => {
    const way = [
      "order-service-cqrs",
      "order-service-cqrs-event",
      "push-order-to-orderinfo",
      "orderinfo-service-cqrs",
      "order_information",
    ];
    expect(way.map((id) => steps.get(id))).toEqual([0, 1, 2, 3, 4]);
    expect(steps.get("product_versions")).toBe(4);
    expect(layout.links).toHaveLength(1);
  });
  it("puts no two boxes in one place, and every arrow between two boxes", () => {
    expect(new Set(layout.boxes.map(({ step, row }) => `${step}/${row}`)).size).toBe(
      layout.boxes.length,
    );
    expect(layout.ways).toHaveLength(ALL.length);
  });
  it("leads down to a table a step on, and under no box", () => {
    const way = (id: string) => layout.ways.find((each) => each.id === id);
    expect(way("load:dead_letters")).toMatchObject({ elbow: true, lane: undefined });
    const under = way("load:product_versions");
    expect(under).toMatchObject({ elbow: false, lane: { side: "below" } });
    const rows = layout.boxes.filter(({ step }) => step === under?.to.step).map(({ row }) => row);
    expect(under?.to.row).toBe(Math.max(...rows));
  });
  it("keeps its words apart however narrow the page", () => {
    const drawing = drawingOf(layout, 300);
    const xs = layout.boxes.filter(({ row }) => row === 0).map((box) => drawing.boxAt(box).x);
    xs.sort((a, b) => a - b);
    xs.slice(1).forEach((x, i) => expect(x - (xs[i] ?? 0)).toBeGreaterThan(250));
  });
  it("ends on a circle, and is bounded", () => {
    expect(
      layoutOf([arrow("a", "relay", "x", "y"), arrow("b", "relay", "y", "x")]).boxes,
    ).toHaveLength(2);
    const many = Array.from({ length: 100 }, (_, i) =>
      arrow(`s${i}`, "subscription", "t", `s${i}`),
    );
    expect(layoutOf(many).ways).toHaveLength(MAX_DRAWN);
    expect(layoutOf([]).boxes).toEqual([]);
  });
});
