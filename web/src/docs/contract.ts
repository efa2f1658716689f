import type { Parsed } from "./parser";

/** What this page reads of an OpenAPI 3.1 document; whatever else it says is left alone. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  example?: unknown;
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
}

export interface Example {
  value?: unknown;
  "x-status"?: number;
}

export interface Media {
  schema?: Schema;
  examples?: Record<string, Example>;
}

export interface Parameter {
  $ref?: string;
  name: string;
  in: "query" | "header" | "path" | "cookie";
  required?: boolean;
  description?: string;
  example?: string | number | boolean;
  schema?: Schema;
}

export interface Header {
  $ref?: string;
  description?: string;
}

export interface Answer {
  $ref?: string;
  description?: string;
  headers?: Record<string, Header>;
  content?: Record<string, Media>;
}

interface RawOperation {
  tags?: string[];
  operationId?: string;
  summary?: string;
  description?: string;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content?: Record<string, Media> };
  responses?: Record<string, Answer>;
}

export interface Contract {
  info: { title: string; version: string; summary?: string; description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, unknown> & { parameters?: Parameter[] }>;
  components?: Record<string, Record<string, unknown>>;
}

/** A path and method with everything that it refers to in place, schemas aside. */
export interface Operation {
  id: string;
  method: string;
  path: string;
  tag: string;
  summary: string;
  description: string | undefined;
  parameters: Parameter[];
  body: { type: string; media: Media; required: boolean } | undefined;
  answers: { status: string; answer: Answer; headers: [string, Header][] }[];
}

const METHODS = ["get", "post", "put", "patch", "delete"];

export async function readContract(signal: AbortSignal): Promise<Contract> {
  const response = await fetch("/openapi.yaml", { signal });
  if (!response.ok) throw new Error(`The server answered ${response.status} for /openapi.yaml.`);
  const document = await parsedElsewhere(await response.text(), signal);
  if (typeof document !== "object" || document === null || !("paths" in document)) {
    throw new Error("/openapi.yaml is no OpenAPI document.");
  }
  return document as Contract;
}

/** The document as the worker reads it. */
function parsedElsewhere(text: string, signal: AbortSignal): Promise<unknown> {
  const worker = new Worker(new URL("./parser.ts", import.meta.url), { type: "module" });
  return new Promise<unknown>((resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("It is no longer wanted.")));
    worker.onerror = () => reject(new Error("The page's own code could not be loaded."));
    worker.onmessage = ({ data }: MessageEvent<Parsed>) =>
      "problem" in data ? reject(new Error(data.problem)) : resolve(data.document);
    worker.postMessage(text);
  }).finally(() => worker.terminate());
}

/** What a reference inside the document names; the thing itself where it is none. */
export function resolved<T extends { $ref?: string }>(contract: Contract, thing: T): T {
  const found = /^#\/components\/(\w+)\/([^/]+)$/.exec(thing.$ref ?? "");
  const [, kind = "", name = ""] = found ?? [];
  const target = contract.components?.[kind]?.[name];
  return found && target !== undefined ? (target as T) : thing;
}

export function nameOf({ $ref }: { $ref?: string }): string | undefined {
  return $ref?.split("/").at(-1);
}

export function operationsOf(contract: Contract): Operation[] {
  return Object.entries(contract.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const raw = item[method] as RawOperation | undefined;
      return raw ? [operationOf(contract, path, method, raw, item.parameters ?? [])] : [];
    }),
  );
}

function operationOf(
  contract: Contract,
  path: string,
  method: string,
  raw: RawOperation,
  shared: Parameter[],
): Operation {
  const content = Object.entries(raw.requestBody?.content ?? {})[0];
  return {
    id: raw.operationId ?? `${method}-${path}`,
    method: method.toUpperCase(),
    path,
    tag: raw.tags?.[0] ?? "",
    summary: raw.summary ?? "",
    description: raw.description,
    parameters: [...shared, ...(raw.parameters ?? [])].map((each) => resolved(contract, each)),
    body: content && {
      type: content[0],
      media: content[1],
      required: raw.requestBody?.required ?? false,
    },
    answers: Object.entries(raw.responses ?? {}).map(([status, each]) => {
      const answer = resolved(contract, each);
      const headers = Object.entries(answer.headers ?? {}).map(
        ([name, header]): [string, Header] => [name, resolved(contract, header)],
      );
      return { status, answer, headers };
    }),
  };
}

/** Operations by tag, in the document's order of tags. */
export function groupsOf(
  contract: Contract,
): { tag: string; description: string; operations: Operation[] }[] {
  const operations = operationsOf(contract);
  const named = contract.tags ?? [];
  const names = new Set([...named.map(({ name }) => name), ...operations.map(({ tag }) => tag)]);
  return [...names]
    .map((tag) => ({
      tag,
      description: named.find(({ name }) => name === tag)?.description ?? "",
      operations: operations.filter((operation) => operation.tag === tag),
    }))
    .filter((group) => group.operations.length > 0);
}

/** The limits of a schema in words. */
export function limitsOf(schema: Schema): string[] {
  const { minimum, maximum, minLength, maxLength, format, pattern } = schema;
  const limits: string[] = [];
  if (schema.const !== undefined) limits.push(`always ${JSON.stringify(schema.const)}`);
  if (schema.enum) limits.push(schema.enum.map((each) => JSON.stringify(each)).join(" or "));
  if (minimum !== undefined || maximum !== undefined) {
    limits.push(maximum === undefined ? `≥ ${minimum}` : `${minimum ?? ""} … ${maximum}`);
  }
  if (minLength !== undefined || maxLength !== undefined) {
    limits.push(`${minLength ?? 0} … ${maxLength ?? ""} characters`);
  }
  if (format !== undefined) limits.push(format);
  else if (pattern !== undefined) limits.push(pattern);
  if (schema.default !== undefined) limits.push(`default ${JSON.stringify(schema.default)}`);
  return limits;
}

export function typeOf(schema: Schema): string {
  const type = Array.isArray(schema.type) ? schema.type.join(" or ") : schema.type;
  return type ?? (schema.properties ? "object" : "any");
}
