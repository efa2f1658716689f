/** Limits of the API that the shop checks before it asks; api/openapi.yaml has them too. */
export const MAX_NUMBER = 1_000_000;

/** How many products one cart takes; each becomes an order of its own. */
export const MAX_LINES = 50;

/** What is wrong with a quantity; undefined where nothing is. Null is none at all. */
export function numberProblem(number: number | null): string | undefined {
  if (number === null || !Number.isInteger(number)) return "Please enter a whole number.";
  if (number < 1) return "At least 1.";
  if (number > MAX_NUMBER) return "At most 1,000,000.";
  return undefined;
}
