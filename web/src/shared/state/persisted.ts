import { useSyncExternalStore } from "react";

interface Options<T> {
  /** Name in localStorage; it carries the version of the shape: orderly.cart.v1. */
  key: string;
  initial: T;
  /** Takes what was kept, whoever wrote it; undefined where it makes no sense any more. */
  parse: (value: unknown) => T | undefined;
}

export interface Persisted<T> {
  get: () => T;
  /** Changes what is kept now, also what another tab has kept meanwhile. */
  update: (change: (value: T) => T) => void;
  subscribe: (listener: () => void) => () => void;
}

/** A value in localStorage that all tabs share. Where storage is refused it lives in this page alone. */
export function persisted<T>({ key, initial, parse }: Options<T>): Persisted<T> {
  const listeners = new Set<() => void>();
  let text: string | null = null;
  let value = initial;

  function read(): T {
    const kept = load(key, text);
    if (kept !== text) {
      text = kept;
      value = (kept === null ? undefined : parse(parseJson(kept))) ?? initial;
    }
    return value;
  }
  function tell(): void {
    for (const listener of listeners) listener();
  }
  function onStorage(event: StorageEvent): void {
    if (event.key === key || event.key === null) tell();
  }

  return {
    get: read,
    update(change) {
      const before = read();
      const next = change(before);
      if (Object.is(next, before)) return;
      value = next;
      text = JSON.stringify(next);
      save(key, text);
      tell();
    },
    subscribe(listener) {
      if (listeners.size === 0) window.addEventListener("storage", onStorage);
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) window.removeEventListener("storage", onStorage);
      };
    },
  };
}

export function usePersisted<T>(store: Persisted<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function load(key: string, otherwise: string | null): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return otherwise;
  }
}

function save(key: string, text: string): void {
  try {
    localStorage.setItem(key, text);
  } catch {
    // Full or refused: the page goes on with what it has in memory until it is left.
  }
}
