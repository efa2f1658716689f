import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./until";

/** One `orderly up` on a port and a data directory that stay the same from life to life. */
export class Server {
  readonly url: string;
  readonly #port: number;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: string) {
    this.#port = port;
    this.#folder = folder;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), "orderly-browser-"));
    const server = new Server(await freePort(), folder);
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    const binary = process.env.ORDERLY_BINARY;
    if (binary === undefined)
      throw new Error("ORDERLY_BINARY must name the orderly to test");
    const log = await open(join(this.#folder, "log"), "a");
    const data = join(this.#folder, "data");
    this.#process = spawn(
      binary,
      ["up", "--data", data, "--listen", `127.0.0.1:${this.#port}`],
      {
        stdio: ["ignore", log.fd, log.fd],
      },
    );
    await log.close();
    await until("the server is ready", async () => {
      if (this.#process?.exitCode !== null) throw new Error(await this.#log());
      return (await fetch(`${this.url}/readyz`)).ok;
    });
  }

  /** kill -9: what it had not written is gone. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async close(): Promise<void> {
    await this.#end("SIGTERM");
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Calls the API as the shop does, and takes no refusal. */
  async post(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(this.url + path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer: unknown = await response.json();
    if (!response.ok)
      throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Posts many bodies, a few at a time. */
  async postAll(path: string, bodies: readonly unknown[]): Promise<void> {
    const left = [...bodies];
    const work = async (): Promise<void> => {
      for (let body = left.pop(); body !== undefined; body = left.pop())
        await this.post(path, body);
    };
    await Promise.all(Array.from({ length: 16 }, work));
  }

  /** Sends a message as a Pub/Sub push subscription does. */
  async push(envelope: unknown): Promise<void> {
    const response = await fetch(`${this.url}/api/v1/orderinfo/pubsub`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(envelope),
    });
    if (!response.ok)
      throw new Error(`the push was answered ${response.status}`);
    await response.text();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const ending = this.#process;
    this.#process = undefined;
    if (ending?.exitCode !== null) return;
    const ended = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill(signal);
    await ended;
  }

  async #log(): Promise<string> {
    return (await readFile(join(this.#folder, "log"), "utf8")).slice(-4000);
  }
}

/** Below the ports that the kernel gives to outgoing connections: nobody takes it between two lives. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 8000);
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
