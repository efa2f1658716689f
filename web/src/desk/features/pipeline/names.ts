import type { Arrow } from "../../core/pipeline/contract";

/** Its tables. */
const WAREHOUSE: ReadonlySet<string> = new Set([
  "order_information",
  "product_versions",
  "dead_letters",
]);

/** What a box is, for who does not know the names by heart. The name itself always stands below. */
export function titleOf(id: string): string {
  if (id.endsWith("-event")) return "Topic";
  if (WAREHOUSE.has(id)) return "Warehouse";
  if (id.startsWith("orderinfo-service")) return "Read model";
  if (id.startsWith("order-service")) return "Orders";
  if (id.startsWith("product-service")) return "Products";
  return "Subscription";
}

/** Who receives a subscription, where its name says so as the lab's does. */
export function receiverOf(subscription: string, boxes: ReadonlySet<string>): string | undefined {
  return [...boxes].find((box) => {
    const service = /^(\w+)-service/.exec(box)?.[1];
    return (
      service !== undefined &&
      subscription.endsWith(`-to-${service}`) &&
      box !== subscription &&
      !box.endsWith("-event")
    );
  });
}

const KINDS: Record<string, string> = {
  relay: "Relay",
  subscription: "Subscription",
  projection: "Projection",
  products: "Product copy",
  load: "Load",
};

export function kindOf({ kind }: Pick<Arrow, "kind">): string {
  return KINDS[kind] ?? kind;
}
