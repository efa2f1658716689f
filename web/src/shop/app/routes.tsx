import type { RouteObject } from "react-router-dom";
import { CartPage } from "../features/cart/CartPage";
import { CartSlip } from "../features/cart/CartSlip";
import { CataloguePage } from "../features/catalogue/CataloguePage";
import { ProductPage } from "../features/catalogue/ProductPage";
import { OrderPage } from "../features/orders/OrderPage";
import { OrdersPage } from "../features/orders/OrdersPage";
import { PlacedPage } from "../features/orders/PlacedPage";
import { BrokenPage } from "./BrokenPage";
import { Layout } from "./Layout";
import { NotFoundPage } from "./NotFoundPage";

/** Every page of the shop. */
export const routes: RouteObject[] = [
  {
    element: <Layout />,
    children: [
      {
        errorElement: <BrokenPage />,
        children: [
          { path: "/", element: <CataloguePage aside={<CartSlip />} /> },
          { path: "/products/:product_id", element: <ProductPage /> },
          { path: "/cart", element: <CartPage /> },
          { path: "/placed", element: <PlacedPage /> },
          { path: "/orders", element: <OrdersPage /> },
          { path: "/orders/:order_id", element: <OrderPage /> },
          { path: "*", element: <NotFoundPage /> },
        ],
      },
    ],
  },
];
