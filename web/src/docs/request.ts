import type { Operation } from "./contract";

export interface Filled {
  /** Of parameters, by place and name; what is left empty is not sent. */
  values: Readonly<Record<string, string>>;
  body: string;
}

export interface Reply {
  status: number;
  statusText: string;
  headers: [string, string][];
  body: string;
  /** The body is longer than what is shown. */
  cut: boolean;
  ms: number;
}

/** Of a body as much is shown; a browser that lays out more of one text stands still. */
export const MAX_SHOWN = 200_000;

export function keyOf(parameter: { in: string; name: string }): string {
  return `${parameter.in} ${parameter.name}`;
}

/** The path with its variables and query filled in. */
export function targetOf(operation: Operation, { values }: Filled): string {
  const query = new URLSearchParams();
  let path = operation.path;
  for (const parameter of operation.parameters) {
    const value = values[keyOf(parameter)] ?? "";
    if (parameter.in === "path")
      path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    if (parameter.in === "query" && value !== "") query.set(parameter.name, value);
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}

export function requestOf(operation: Operation, filled: Filled): RequestInit {
  const headers = new Headers();
  for (const parameter of operation.parameters) {
    const value = filled.values[keyOf(parameter)] ?? "";
    if (parameter.in === "header" && value !== "") headers.set(parameter.name, value);
  }
  if (operation.body && filled.body !== "") headers.set("Content-Type", operation.body.type);
  return {
    method: operation.method,
    headers,
    ...(operation.body && filled.body !== "" ? { body: filled.body } : {}),
  };
}

/** The same call for a terminal; what the shell would read is quoted. */
export function curlOf(operation: Operation, filled: Filled, origin: string): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const { headers } = requestOf(operation, filled);
  const parts = [`curl -s ${quoted(origin + targetOf(operation, filled))}`];
  if (operation.method !== "GET" && !operation.body) parts.push(`-X ${operation.method}`);
  new Headers(headers).forEach((value, name) => parts.push(`-H ${quoted(`${name}: ${value}`)}`));
  if (operation.body && filled.body !== "") parts.push(`-d ${quoted(filled.body)}`);
  return parts.join(" \\\n  ");
}

/**
 * Sends it to this server and reads the answer; `onPart` is told of what has come so far, since a
 * stream of events never ends by itself.
 */
export async function send(
  operation: Operation,
  filled: Filled,
  signal: AbortSignal,
  onPart: (reply: Reply) => void,
): Promise<Reply> {
  const started = performance.now();
  const response = await fetch(targetOf(operation, filled), {
    ...requestOf(operation, filled),
    signal,
  });
  let body = "";
  const reply = (): Reply => ({
    status: response.status,
    statusText: response.statusText,
    headers: [...response.headers.entries()],
    body: body.slice(0, MAX_SHOWN),
    cut: body.length > MAX_SHOWN,
    ms: performance.now() - started,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  while (reader && body.length <= MAX_SHOWN) {
    const { done, value } = await reader.read();
    if (done) break;
    body += value;
    onPart(reply());
  }
  await reader?.cancel();
  body = pretty(body, response.headers.get("Content-Type") ?? "");
  return reply();
}

/** JSON with a line a member; anything else, and numbers that JavaScript would change, as they came. */
export function pretty(body: string, type: string): string {
  if (!type.includes("json")) return body;
  try {
    const value: unknown = JSON.parse(body);
    const exact = !/\d{16,}/.test(body.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""'));
    return exact ? JSON.stringify(value, null, 2) : body;
  } catch {
    return body;
  }
}
