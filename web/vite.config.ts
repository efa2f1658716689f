import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** One html file each, so that no application loads another one's code. */
const applications = ["desk", "docs"].filter((name) => existsSync(here(`./${name}/index.html`)));
const server = process.env.ORDERLY_URL ?? "http://127.0.0.1:8080";

/** In development as in production: the pages of an application are its one html file. */
function pagesOfApplications(): Plugin {
  return {
    name: "pages-of-applications",
    configureServer({ middlewares }) {
      middlewares.use((request, _response, next) => {
        const name = /^\/([a-z]+)(?:\/[^.?]*)?(?:\?.*)?$/.exec(request.url ?? "")?.[1];
        if (name !== undefined && applications.includes(name)) request.url = `/${name}/index.html`;
        next();
      });
    },
  };
}

export default defineConfig({
  plugins: [react(), pagesOfApplications()],
  resolve: { alias: { "@shared": here("./src/shared") } },
  build: {
    target: "es2022",
    // Nothing is written into the html: the server's Content-Security-Policy refuses inline code.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: ["index.html", ...applications.map((name) => `${name}/index.html`)].map((path) =>
        here(`./${path}`),
      ),
    },
  },
  server: {
    // The Host stays the page's: the server refuses a call whose Origin is another one.
    proxy: Object.fromEntries(
      ["/api", "/openapi.yaml", "/readyz", "/healthz", "/metrics"].map((path) => [
        path,
        { target: server, changeOrigin: false },
      ]),
    ),
  },
});
