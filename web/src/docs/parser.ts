import { parse } from "yaml";

/** Runs in a worker: the contract is long, and the page stays usable while it is read. */
export type Parsed = { document: unknown } | { problem: string };

self.onmessage = ({ data }: MessageEvent<string>): void => {
  self.postMessage(parsed(data));
};

function parsed(text: string): Parsed {
  try {
    return { document: parse(text) as unknown };
  } catch (cause) {
    return { problem: cause instanceof Error ? cause.message : String(cause) };
  }
}
