/** To begin with; each answers on every data. */
export const EXAMPLES: readonly { title: string; sql: string }[] = [
  {
    title: "Revenue by product",
    sql: `SELECT product_name,
       sum(number) AS total_number,
       sum(total_price) AS revenue
FROM cqrs_example.order_information
GROUP BY product_name
ORDER BY revenue DESC`,
  },
  {
    title: "Revenue by day",
    sql: `SELECT order_date, sum(total_price) AS revenue, count(*) AS orders
FROM cqrs_example.order_information
GROUP BY order_date
ORDER BY order_date`,
  },
  {
    title: "The best customers",
    sql: `SELECT customer_id, count(*) AS orders, sum(total_price) AS revenue
FROM cqrs_example.order_information
GROUP BY customer_id
ORDER BY revenue DESC
LIMIT 20`,
  },
  {
    title: "A column in figures",
    sql: "SUMMARIZE SELECT * FROM cqrs_example.order_information",
  },
];
