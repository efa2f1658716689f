import { answered, api, type Schemas } from "@shared/api/client";

export type Letter = Schemas["KeptDeadLetter"];
export type LetterDetail = Schemas["DeadLetterDetail"];
export type Outcome = Schemas["DeadLetterOutcome"];
export type Subscription = Schemas["DeadLetterSubscription"];

/** Which letters of a subscription are meant: those that agree with all that is set. */
export interface Filter {
  code?: string | undefined;
  key?: string | undefined;
}

export interface LetterPage {
  letters: Letter[];
  next: string | undefined;
}

const PAGE_SIZE = 50;

export function isFiltered({ code, key }: Filter): boolean {
  return code !== undefined || key !== undefined;
}

/** What is set of a filter, as the API takes it. */
export function wordsOf({ code, key }: Filter): { code?: string; key?: string } {
  return { ...(code !== undefined && { code }), ...(key !== undefined && { key }) };
}

export async function readSubscriptions(signal: AbortSignal): Promise<Subscription[]> {
  const { data } = await answered(api.GET("/api/v1/admin/dead-letter-subscriptions", { signal }));
  return data.subscriptions;
}

export async function readLetters(
  subscription: string,
  filter: Filter,
  page_token: string | undefined,
  signal: AbortSignal,
): Promise<LetterPage> {
  const query = {
    subscription,
    ...wordsOf(filter),
    page_size: PAGE_SIZE,
    ...(page_token !== undefined && { page_token }),
  };
  const call = api.GET("/api/v1/admin/dead-letters", { params: { query }, signal });
  const { data } = await answered(call);
  return { letters: data.dead_letters, next: data.next_page_token };
}

export async function readLetter(
  subscription: string,
  number: number,
  signal: AbortSignal,
): Promise<LetterDetail> {
  const params = { path: { number }, query: { subscription } };
  return (await answered(api.GET("/api/v1/admin/dead-letters/{number}", { params, signal }))).data;
}

export async function dropLetter(subscription: string, number: number): Promise<Outcome[]> {
  const body = { subscription, numbers: [number] };
  return (await answered(api.POST("/api/v1/admin/dead-letters/drop", { body }))).data.outcomes;
}

const OUTCOMES: Record<Outcome["outcome"], { real: string; rehearsed: string }> = {
  projected: { real: "Applied: its order is visible.", rehearsed: "It would be applied." },
  replaced: {
    real: "Applied: its row took an earlier one’s place.",
    rehearsed: "Its row would take an earlier one’s place.",
  },
  duplicate: {
    real: "Its effect was there already.",
    rehearsed: "Its effect is there already; it would be settled.",
  },
  parked: { real: "It waits for its product.", rehearsed: "It would wait for its product." },
  ignored: { real: "There was nothing to do.", rehearsed: "There would be nothing to do." },
  acknowledged: { real: "Its subscriber took it.", rehearsed: "Its subscriber would take it." },
  pending: {
    real: "It is delivered again; its subscriber has not acknowledged it yet.",
    rehearsed: "It would be delivered again.",
  },
  failed: { real: "It failed again", rehearsed: "It would fail again" },
  gone: { real: "It is no dead letter any more.", rehearsed: "It is no dead letter any more." },
  in_flight: {
    real: "It is being delivered already.",
    rehearsed: "It is being delivered already.",
  },
  dropped: { real: "It was given up.", rehearsed: "It would be given up." },
};

/** What became of a letter, or would become of it, in a sentence. */
export function outcomeInWords({ outcome, reason }: Outcome, rehearsed: boolean): string {
  const words = OUTCOMES[outcome][rehearsed ? "rehearsed" : "real"];
  return outcome === "failed" ? `${words}: ${reason ?? "it does not say why"}` : words;
}
