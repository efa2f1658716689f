import type { ReactElement } from "react";
import { useSearchParams } from "react-router-dom";
import { useCustomer } from "@shared/identity/customer";
import { CustomerForm } from "../../core/CustomerForm";
import { PageHead } from "../../core/PageHead";
import { parsePeriod, periodText } from "./dates";
import { History } from "./History";
import styles from "./OrdersPage.module.css";
import { OnTheWay } from "./OnTheWay";
import { PeriodPicker } from "./PeriodPicker";

/** A customer's orders of a year, a month or a day. */
export function OrdersPage(): ReactElement {
  const customer = useCustomer();
  const [parameters] = useSearchParams();
  // order_date is today in UTC where a customer gives none, and the shop gives none.
  const period = parsePeriod(parameters.get("date") ?? "") ?? { year: new Date().getUTCFullYear() };

  if (customer === null) {
    return (
      <>
        <PageHead title="Orders">Whose orders would you like to see?</PageHead>
        <div className={styles.who}>
          <CustomerForm submit="Show them" />
        </div>
      </>
    );
  }
  return (
    <>
      <PageHead title="Orders">
        Everything <strong dir="auto">{customer}</strong> has ordered, by its date.
      </PageHead>
      <OnTheWay customer={customer} />
      <PeriodPicker period={period} />
      <History customer={customer} period={period} key={`${customer} ${periodText(period)}`} />
    </>
  );
}
