import { answered, api, type Product } from "@shared/api/client";
import { Refused } from "@shared/api/problem";
import type { Ask } from "../../core/warehouse/ask";
import { toNumber, toText } from "../../core/warehouse/cells";

/** One version of a product, in force from then on. */
export interface Version {
  name: string;
  price: number;
  /** As the warehouse writes a TIMESTAMP in UTC. */
  from: string;
}

export interface ProductPage {
  products: Product[];
  next: string | undefined;
}

const PAGE_SIZE = 100;

export async function readProducts(
  query: string,
  token: string | undefined,
  signal?: AbortSignal,
  pageSize = PAGE_SIZE,
): Promise<ProductPage> {
  const body = {
    page_size: pageSize,
    ...(query !== "" && { query }),
    ...(token !== undefined && { page_token: token }),
  };
  const { data } = await answered(
    api.POST("/api/v1/product/list", { body, ...(signal && { signal }) }),
  );
  return { products: data.products, next: data.next_page_token };
}

/** The newest version of a product; null where there is none. */
export async function readProduct(id: string, signal?: AbortSignal): Promise<Product | null> {
  const body = { product_id: id };
  try {
    const call = api.POST("/api/v1/product/get", { body, ...(signal && { signal }) });
    return (await answered(call)).data;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

/** The list's largest page. */
const MAX_PAGE_SIZE = 1_000;

/**
 * The product of an ID that is most likely free. Of the list, which answers 200 with nothing, since
 * a browser writes the 404 of product/get down as an error.
 */
export async function findProduct(id: string): Promise<Product | undefined> {
  let token: string | undefined;
  do {
    const { products, next } = await readProducts(id, token, undefined, MAX_PAGE_SIZE);
    const found = products.find(({ product_id }) => product_id === id);
    if (found) return found;
    token = next;
  } while (token !== undefined);
  return undefined;
}

/** Saves a product; the key makes the same press count once, however often it is sent. */
export async function putProduct(product: Product, key: string): Promise<Product> {
  const params = { header: { "Idempotency-Key": key } };
  const { data } = await answered(api.POST("/api/v1/product/create", { params, body: product }));
  return data;
}

export const MAX_VERSIONS = 1_000;

/** The newest versions of a product, oldest first. */
export async function readVersions(ask: Ask, id: string, signal?: AbortSignal): Promise<Version[]> {
  const answer = await ask(
    "SELECT product_name, unit_price, valid_from FROM cqrs_example.product_versions " +
      `WHERE product_id = $1 ORDER BY valid_from DESC LIMIT ${MAX_VERSIONS}`,
    { signal, parameters: [id] },
  );
  return answer.rows
    .map(([name, price, from]) => ({
      name: toText(name),
      price: toNumber(price) ?? 0,
      from: toText(from),
    }))
    .reverse();
}
