import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactElement } from "react";
import { expect, it, vi } from "vitest";
import type { Verification, VerificationReport } from "../../core/pipeline/contract";
import { useVerification } from "../../core/pipeline/useVerification";
import { VerificationSheet } from "./VerificationSheet";

const report: VerificationReport = {
  state: "clean",
  started_at: "2026-01-01T00:00:00Z",
  took_ms: 1500,
  orders_up_to: 1234,
  changes_up_to: 9,
  orders: 1200,
  foreign: 0,
  rows: 1199,
  warehouse_rows: 1198,
  parked: 1,
  dead_letters: 0,
  repaired: 0,
  differences: 0,
  named: [],
};
const idle: Verification = { requested: 0, finished: 0, running: false };

function Sheet(): ReactElement {
  return <VerificationSheet view={useVerification(60_000, true)} />;
}

type Answers = (method: string) => Response | Promise<Response>;

/** The sheet before a server that answers so; what was sent to it comes back. */
function show(answers: Answers): Request[] {
  const sent: Request[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation((request) => {
    if (!(request instanceof Request)) throw new Error("a Request is sent");
    sent.push(request);
    return Promise.resolve(answers(request.method));
  });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <Sheet />
    </QueryClientProvider>,
  );
  return sent;
}

function problem(status: number, code: string, message: string): Response {
  return Response.json({ status, code, message }, { status });
}

it("shows what agreed, when, up to where, and every count", async () => {
  show(() => Response.json({ ...idle, last: report }));
  expect(await screen.findByText("Everything agrees.")).toBeInTheDocument();
  const counts = screen.getByLabelText("Counted").textContent;
  expect(counts).toContain("Accepted1,200");
  expect(counts).toContain("Visible1,199");
  expect(counts).toContain("Parked1");
  expect(counts).toContain("Dead letters0");
  expect(counts).toContain("In the warehouse1,198");
  expect(counts).not.toContain("elsewhere");
  expect(screen.getByText(/in 1.5 s, up to order 1,234/)).toBeInTheDocument();
  expect(screen.queryByRole("list", { name: "Differences" })).toBeNull();
});

it("names the first twenty that differ in plain words, and counts the rest", async () => {
  const named = Array.from({ length: 30 }, (_, i) => ({
    kind: "missing_in_warehouse",
    order_id: `order-${i}`,
    position: i + 1,
  }));
  const last = { ...report, state: "differs", differences: 2345, named };
  show(() => Response.json({ ...idle, last }));
  expect(await screen.findByText("The stores differ.")).toBeInTheDocument();
  expect(screen.getAllByRole("listitem")).toHaveLength(20);
  expect(screen.getAllByText("Missing in the warehouse")).toHaveLength(20);
  expect(screen.getByText(/order-19/)).toBeInTheDocument();
  expect(screen.getByText("and 2,325 more")).toBeInTheDocument();
  expect(screen.getByText(/orderly verify --repair/)).toBeInTheDocument();
});

it("says that nothing has been verified yet, runs at a press, and shows how it goes", async () => {
  let status: Verification = idle;
  const sent = show((method) => {
    if (method === "GET") return Response.json(status);
    status = { requested: 1, finished: 0, running: true, phase: "orders", done: 5, of: 20 };
    return Response.json({ ticket: 1 }, { status: 202 });
  });
  expect(await screen.findByText("Not verified yet.")).toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "Verify now" }));
  expect(await screen.findByText("Comparing the orders: 5 of 20")).toBeInTheDocument();
  expect(screen.getByRole("progressbar", { name: "Verification" })).toHaveAttribute("max", "20");
  await userEvent.click(screen.getByRole("button", { name: "Verify now" }));
  const posts = sent.filter(({ method }) => method === "POST");
  expect(posts).toHaveLength(1);
  expect(await posts[0]?.json()).toEqual({ repair: false });

  status = { requested: 1, finished: 1, running: false, last: report };
  expect(await screen.findByText("Everything agrees.", {}, { timeout: 3000 })).toBeInTheDocument();
  expect(screen.queryByRole("progressbar")).toBeNull();
  await waitFor(() => expect(screen.getByRole("status")).toHaveTextContent("Everything agrees"));
});

it("takes a verification that waits already for its own", async () => {
  let status: Verification = idle;
  show((method) => {
    if (method === "GET") return Response.json(status);
    status = { requested: 1, finished: 0, running: false };
    return problem(429, "run_is_waiting", "A verification waits already.");
  });
  await userEvent.click(await screen.findByRole("button", { name: "Verify now" }));
  expect(await screen.findByText("About to begin")).toBeInTheDocument();
  expect(screen.queryByRole("alert")).toBeNull();
});

it("says why it did not begin", async () => {
  show((method) =>
    method === "GET"
      ? Response.json({ ...idle, last: report })
      : problem(403, "loopback_only", "Only from this machine."),
  );
  await userEvent.click(await screen.findByRole("button", { name: "Verify now" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("Only from this machine.");
  expect(screen.getByText("Everything agrees.")).toBeInTheDocument();
});

it("says that it cannot be read, and reads again when asked", async () => {
  let well = false;
  show(() =>
    well ? Response.json({ ...idle, last: report }) : problem(500, "internal", "It broke."),
  );
  expect(await screen.findByRole("alert")).toHaveTextContent("It broke.");
  well = true;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("Everything agrees.")).toBeInTheDocument();
});

it("is not there where the process compares nothing", async () => {
  show(() => problem(404, "not_found", "No such path."));
  expect(screen.getByText("Reading what it found…")).toBeInTheDocument();
  await waitFor(() => expect(screen.queryByText("Last verification")).toBeNull());
});
