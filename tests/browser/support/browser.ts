import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page } from "playwright-core";

/** Nothing leaves the machine, and nothing of an earlier run is there. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--font-render-hinting=none",
  "--force-color-profile=srgb",
];

export interface Look {
  width?: number;
  height?: number;
  scheme?: "light" | "dark";
}

/** A browser with a new and empty profile, and what went wrong in its pages. */
export class Visitor {
  readonly context: BrowserContext;
  /** Console errors, exceptions, violations of the policy, and requests that left our origin. */
  readonly troubles: string[] = [];
  readonly #profile: string;
  readonly #origin: string;

  private constructor(
    context: BrowserContext,
    profile: string,
    origin: string,
  ) {
    this.context = context;
    this.#profile = profile;
    this.#origin = origin;
    context.on("page", (page) => this.#watch(page));
  }

  static async arrive(origin: string, look: Look = {}): Promise<Visitor> {
    const profile = await mkdtemp(join(tmpdir(), "orderly-profile-"));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.ORDERLY_CHROMIUM ?? "/usr/bin/chromium",
      args: FLAGS,
      chromiumSandbox: false,
      baseURL: origin,
      viewport: { width: look.width ?? 1440, height: look.height ?? 900 },
      colorScheme: look.scheme ?? "light",
      locale: "en-GB",
      timezoneId: "UTC",
      reducedMotion: "reduce",
      // A phone lays its scrollbars over the page.
      isMobile: (look.width ?? 1440) < 600,
    });
    context.setDefaultTimeout(15_000);
    return new Visitor(context, profile, origin);
  }

  async open(path: string): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(path);
    return page;
  }

  /** Takes back troubles that a test has caused on purpose. */
  forgive(expected: RegExp): void {
    const left = this.troubles.filter((trouble) => !expected.test(trouble));
    this.troubles.splice(0, this.troubles.length, ...left);
  }

  async leave(): Promise<void> {
    await this.context.close();
    await rm(this.#profile, { recursive: true, force: true });
  }

  #watch(page: Page): void {
    page.on("console", (message) => {
      if (message.type() === "error") this.troubles.push(message.text());
    });
    page.on("pageerror", (error) => this.troubles.push(String(error)));
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith("http") && url.origin !== this.#origin) {
        this.troubles.push(`left the origin: ${request.url()}`);
      }
    });
  }
}
