import type { Sighting } from "./placed";

export type Stage = "accepted" | "visible" | "stored";

export const STAGES: readonly Stage[] = ["accepted", "visible", "stored"];

/** How far an order has come, as far as this browser knows. */
export function stageOf(seen: Sighting | undefined): Stage {
  if (seen?.stored) return "stored";
  return seen?.visible ? "visible" : "accepted";
}

/** When an order was accepted: ids are UUIDs of version 7 and begin with their time in milliseconds. */
export function acceptedAt(order_id: string): number | undefined {
  const match = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-/.exec(order_id);
  return match ? parseInt(`${match[1] ?? ""}${match[2] ?? ""}`, 16) : undefined;
}
