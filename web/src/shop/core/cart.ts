import type { Product } from "@shared/api/client";
import { persisted, usePersisted } from "@shared/state/persisted";
import { MAX_LINES, MAX_NUMBER } from "./limits";

/**
 * The cart, kept in the browser and shared by its tabs. Each line is one order to be. Its
 * Idempotency-Key is born with the line and goes only with it, so whoever sends the line again
 * (a second click, another tab, the page after a reload) sends the same order.
 */
export interface CartLine extends Product {
  number: number;
  key: string;
  /** What it cost when it was put in, where that is not its price any more. */
  was?: number | undefined;
  /** Set before it is sent, until it is answered: what was sent is not known to have failed. */
  sent?: { customer_id: string; at: number };
}

export interface Cart {
  lines: CartLine[];
}

/** The server keeps a key for at least 24 h; later the same key could become a second order. */
export const KEY_LIFE_MS = 23 * 60 * 60 * 1000;

const EMPTY: Cart = { lines: [] };

const store = persisted<Cart>({ key: "orderly.cart.v1", initial: EMPTY, parse });

export const currentCart = store.get;

export function useCart(): Cart {
  return usePersisted(store);
}

export const linesIn = (cart: Cart): number => cart.lines.length;

/** What adding did: a line whose order is under way is not changed any more. */
export type Added = "added" | "full" | "under_way";

export function addToCart(product: Product, number: number): Added {
  let outcome: Added = "added";
  store.update((cart) => {
    const there = cart.lines.find((line) => line.product_id === product.product_id);
    if (there?.sent) {
      outcome = "under_way";
      return cart;
    }
    if (there) {
      const sum = clamp(there.number + number);
      return replace(cart, { ...there, ...product, number: sum, was: undefined });
    }
    if (cart.lines.length >= MAX_LINES) {
      outcome = "full";
      return cart;
    }
    const line = { ...product, number: clamp(number), key: crypto.randomUUID() };
    return { lines: [...cart.lines, line] };
  });
  return outcome;
}

export function setNumber(product_id: string, number: number): void {
  change(product_id, (line) => (line.sent ? line : { ...line, number: clamp(number) }));
}

/** Name and price as the product service has them now. */
export function refreshLine(product: Product): void {
  change(product.product_id, (line) =>
    line.product_name === product.product_name && line.unit_price === product.unit_price
      ? line
      : {
          ...line,
          product_name: product.product_name,
          unit_price: product.unit_price,
          was: priceBefore(line, product.unit_price),
        },
  );
}

/** The price that the customer has agreed to; undefined where it is this one. */
function priceBefore({ was, unit_price }: CartLine, price: number): number | undefined {
  const agreed = was ?? unit_price;
  return agreed === price ? undefined : agreed;
}

export function removeLine(product_id: string): void {
  store.update((cart) => ({
    lines: cart.lines.filter((line) => line.product_id !== product_id),
  }));
}

/** Takes a line out that was answered; not one that has meanwhile been put in anew. */
export function settleLine(key: string): void {
  store.update((cart) =>
    cart.lines.some((line) => line.key === key)
      ? { lines: cart.lines.filter((line) => line.key !== key) }
      : cart,
  );
}

/** Marks a line as sent and returns it as it must be sent; undefined where it is gone. */
export function markSent(key: string, customer_id: string, now: number): CartLine | undefined {
  let sent: CartLine | undefined;
  store.update((cart) => {
    const line = cart.lines.find((each) => each.key === key);
    if (line === undefined) return cart;
    sent = line.sent ? line : { ...line, sent: { customer_id, at: now } };
    return sent === line ? cart : replace(cart, sent);
  });
  return sent;
}

/** The server refused the line: nothing has happened, and it may be changed again. */
export function releaseLine(key: string): void {
  store.update((cart) => {
    const line = cart.lines.find((each) => each.key === key);
    return line?.sent ? replace(cart, withoutSent(line)) : cart;
  });
}

/** After the customer has looked and decided: the line becomes an order of its own. */
export function renewLine(key: string): void {
  store.update((cart) => {
    const line = cart.lines.find((each) => each.key === key);
    return line ? replace(cart, { ...withoutSent(line), key: crypto.randomUUID() }) : cart;
  });
}

/** Whether a line was sent so long ago that sending it again might order twice. */
export function isUnclear(line: CartLine, now: number): boolean {
  return line.sent !== undefined && now - line.sent.at > KEY_LIFE_MS;
}

function change(product_id: string, by: (line: CartLine) => CartLine): void {
  store.update((cart) => {
    const line = cart.lines.find((each) => each.product_id === product_id);
    const next = line && by(line);
    return next === undefined || next === line ? cart : replace(cart, next);
  });
}

function replace(cart: Cart, line: CartLine): Cart {
  return {
    lines: cart.lines.map((each) => (each.product_id === line.product_id ? line : each)),
  };
}

function withoutSent({ sent: _, ...line }: CartLine): CartLine {
  return line;
}

const clamp = (number: number): number => Math.min(Math.max(Math.trunc(number), 1), MAX_NUMBER);

function parse(value: unknown): Cart | undefined {
  if (typeof value !== "object" || value === null || !("lines" in value)) return undefined;
  if (!Array.isArray(value.lines)) return undefined;
  return { lines: value.lines.filter(isLine).slice(0, MAX_LINES) };
}

function isLine(value: unknown): value is CartLine {
  if (typeof value !== "object" || value === null) return false;
  const line = value as Partial<Record<keyof CartLine, unknown>>;
  const texts = [line.product_id, line.product_name, line.key];
  return (
    texts.every((text) => typeof text === "string" && text !== "") &&
    isWithin(line.number, 1, MAX_NUMBER) &&
    isWithin(line.unit_price, 0, Number.MAX_SAFE_INTEGER) &&
    (line.was === undefined || isWithin(line.was, 0, Number.MAX_SAFE_INTEGER)) &&
    (line.sent === undefined || isSent(line.sent))
  );
}

function isSent(value: unknown): boolean {
  const sent = value as { customer_id?: unknown; at?: unknown } | null;
  return typeof sent?.customer_id === "string" && typeof sent.at === "number";
}

function isWithin(value: unknown, low: number, high: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high;
}
