import type { Product } from "@shared/api/client";
import { idProblem } from "@shared/identity/customer";

/** The API's own limits, so that what is wrong is said before it is sent. */
export const MAX_PRICE = 9_000_000_000;
export const MAX_NAME_BYTES = 512;

export interface Draft {
  id: string;
  name: string;
  price: string;
}

export type Problems = Partial<Record<keyof Draft, string>>;

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

export function parsePrice(text: string): number | undefined {
  const digits = text.trim().replaceAll(/[\s,_']/g, "");
  if (!/^\d{1,10}$/.test(digits)) return undefined;
  const price = Number(digits);
  return price <= MAX_PRICE ? price : undefined;
}

export function problemsOf({ id, name, price }: Draft): Problems {
  const problems: Problems = {};
  if (id === "") problems.id = "Enter an ID.";
  else if (idProblem(id) !== undefined) {
    problems.id = "At most 128 bytes without control characters.";
  }
  const bytes = new TextEncoder().encode(name).length;
  if (bytes === 0) problems.name = "Enter a name.";
  else if (bytes > MAX_NAME_BYTES || CONTROL.test(name)) {
    problems.name = "At most 512 bytes without control characters.";
  }
  if (parsePrice(price) === undefined) problems.price = "A whole number from 0 to 9,000,000,000.";
  return problems;
}

/** What to send; undefined while something is wrong. */
export function productOf(draft: Draft): Product | undefined {
  const price = parsePrice(draft.price);
  if (price === undefined || Object.keys(problemsOf(draft)).length > 0) return undefined;
  return { product_id: draft.id, product_name: draft.name, unit_price: price };
}

export function draftOf(product: Product | undefined): Draft {
  return {
    id: product?.product_id ?? "",
    name: product?.product_name ?? "",
    price: product ? String(product.unit_price) : "",
  };
}
