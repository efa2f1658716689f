import type { RouteObject } from "react-router-dom";
import { CataloguePage } from "../features/catalogue/CataloguePage";
import { Layout } from "./Layout";
import { NotFoundPage } from "./NotFoundPage";

export const routes: RouteObject[] = [
  {
    element: <Layout />,
    children: [
      { path: "/", element: <CataloguePage /> },
      { path: "*", element: <NotFoundPage /> },
    ],
  },
];
