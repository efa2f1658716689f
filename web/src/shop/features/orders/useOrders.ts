import { useInfiniteQuery } from "@tanstack/react-query";
import { answered, api, type OrderInfo } from "@shared/api/client";

const PAGE_SIZE = 100;

interface Page {
  orders: OrderInfo[];
  next_page_token?: string;
}

/** A customer's orders of a period, page after page, as orderinfo/list sorts them. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the query's own type says it
export function useOrders(customer_id: string, order_date: string) {
  return useInfiniteQuery({
    queryKey: ["orders", customer_id, order_date],
    initialPageParam: "",
    queryFn: async ({ pageParam, signal }): Promise<Page> => {
      const body = {
        customer_id,
        order_date,
        page_size: PAGE_SIZE,
        ...(pageParam !== "" && { page_token: pageParam }),
      };
      return (await answered(api.POST("/api/v1/orderinfo/list", { body, signal }))).data;
    },
    getNextPageParam: (page) => page.next_page_token,
  });
}
