import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { answered, api, type Product } from "@shared/api/client";

const PAGE_SIZE = 60;

interface Page {
  products: Product[];
  next_page_token?: string;
}

async function listProducts(query: string, token: string, signal: AbortSignal): Promise<Page> {
  const body = {
    page_size: PAGE_SIZE,
    ...(query !== "" && { query }),
    ...(token !== "" && { page_token: token }),
  };
  return (await answered(api.POST("/api/v1/product/list", { body, signal }))).data;
}

/** The products that match, page after page; while a new search runs the old ones stay. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the query's own type says it
export function useProducts(query: string) {
  return useInfiniteQuery({
    queryKey: ["products", query],
    queryFn: ({ pageParam, signal }) => listProducts(query, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_page_token,
    placeholderData: keepPreviousData,
  });
}
