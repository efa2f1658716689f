import type { ReactElement } from "react";
import { Link } from "react-router-dom";
import { PageHead } from "../core/PageHead";

export function NotFoundPage(): ReactElement {
  return (
    <>
      <PageHead title="Nothing here">There is no page at this address.</PageHead>
      <p>
        <Link to="/">Back to the price list</Link>
      </p>
    </>
  );
}
