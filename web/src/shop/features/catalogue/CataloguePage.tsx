import type { ReactElement } from "react";
import { Failure } from "@shared/ui/Notice";
import { PageHead } from "../../core/PageHead";
import { PriceList } from "./PriceList";
import { useProducts } from "./useProducts";

export function CataloguePage(): ReactElement {
  const { data, error, refetch } = useProducts("");
  return (
    <>
      <PageHead title="Price list" />
      {error && (
        <Failure
          title="The price list cannot be shown"
          error={error}
          onRetry={() => void refetch()}
        />
      )}
      {data && <PriceList products={data.pages.flatMap((page) => page.products)} />}
    </>
  );
}
