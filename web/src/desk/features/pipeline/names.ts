import type { Arrow } from "../../core/pipeline/contract";

/** What a box is, for who does not know the names by heart. The name itself always stands below. */
export function titleOf(id: string): string {
  if (/event$|topic/.test(id)) return "Topic";
  if (id.includes("warehouse")) return "Warehouse";
  if (/orderinfo|read.?model/.test(id)) return "Read model";
  if (id.includes("projector")) return "Projector";
  if (id.startsWith("order")) return "Orders";
  if (id.startsWith("product")) return "Products";
  if (/publisher|broker/.test(id)) return "Publisher";
  return "Receiver";
}

const KINDS: Record<string, string> = {
  relay: "Relay",
  subscription: "Subscription",
  projection: "Projection",
  products: "Product copy",
  load: "Load",
};

export function kindOf({ kind }: Arrow): string {
  return KINDS[kind] ?? kind;
}
