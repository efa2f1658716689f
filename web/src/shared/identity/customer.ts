import { persisted, usePersisted } from "@shared/state/persisted";

/** The one place that knows who the customer is. Until there is a login, the customer says it. */

export const MAX_ID_BYTES = 128;

/** What is wrong with an id, as the API would see it; undefined where nothing is. */
export function idProblem(id: string): string | undefined {
  if (id === "") return "Please enter a customer ID.";
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(id)) return "A customer ID has no control characters.";
  if (new TextEncoder().encode(id).length > MAX_ID_BYTES) {
    return `A customer ID has at most ${MAX_ID_BYTES} bytes.`;
  }
  return undefined;
}

const store = persisted<string | null>({
  key: "orderly.customer.v1",
  initial: null,
  parse: (value) =>
    typeof value === "string" && idProblem(value) === undefined ? value : undefined,
});

export const currentCustomer = store.get;

/** The customer's id, null before one was chosen. */
export function useCustomer(): string | null {
  return usePersisted(store);
}

export function setCustomer(id: string | null): void {
  store.update(() => id);
}
