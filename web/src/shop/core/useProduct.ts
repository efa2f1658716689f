import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { answered, api, type Product } from "@shared/api/client";
import { Refused } from "@shared/api/problem";

/** The newest version of a product; null where there is none. */
export function useProduct(product_id: string): UseQueryResult<Product | null> {
  return useQuery({
    queryKey: ["product", product_id],
    queryFn: ({ signal }) => getProduct(product_id, signal),
  });
}

export async function getProduct(product_id: string, signal: AbortSignal): Promise<Product | null> {
  try {
    return (await answered(api.POST("/api/v1/product/get", { body: { product_id }, signal }))).data;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}
