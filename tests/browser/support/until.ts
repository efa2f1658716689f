const PATIENCE_MS = 20_000;
const PAUSE_MS = 50;

/** Waits until something holds; what throws does not hold yet. Fails with what it waited for. */
export async function until(
  what: string,
  holds: () => Promise<boolean> | boolean,
  patience = PATIENCE_MS,
): Promise<void> {
  const end = Date.now() + patience;
  let last: unknown;
  while (Date.now() < end) {
    try {
      if (await holds()) return;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new Error(`waited in vain until ${what}`, { cause: last });
}
