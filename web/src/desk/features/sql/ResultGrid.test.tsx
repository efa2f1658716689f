import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, expect, it } from "vitest";
import type { Answer } from "../../core/warehouse/ask";
import { ResultGrid } from "./ResultGrid";

beforeAll(() => {
  // jsdom lays nothing out; the window of the rows needs a size.
  const size = { configurable: true, value: 400 };
  Object.defineProperties(HTMLElement.prototype, { clientHeight: size, clientWidth: size });
  Element.prototype.scrollTo = () => undefined;
});

const answer = (rows: Answer["rows"]): Answer => ({
  columns: [
    { name: "name", type: "VARCHAR" },
    { name: "total", type: "HUGEINT" },
  ],
  rows,
  truncated: false,
  position: 1,
  lagMs: 0,
  at: 0,
  ms: 1,
});

it("shows NULL as such, and large integers digit by digit", () => {
  render(<ResultGrid answer={answer([[null, "12345678901234567890"]])} />);
  expect(screen.getByRole("gridcell", { name: "NULL" })).toBeInTheDocument();
  expect(screen.getByRole("gridcell", { name: "12345678901234567890" })).toBeInTheDocument();
});

it("shows text as text", () => {
  render(<ResultGrid answer={answer([["<img src=x onerror=alert(1)>", 1]])} />);
  expect(screen.getByText("<img src=x onerror=alert(1)>")).toBeInTheDocument();
  expect(document.querySelector("img")).toBeNull();
});

it("has a hundred thousand rows and draws a few of them", async () => {
  const rows = Array.from({ length: 100_000 }, (_, i) => [`row ${i}`, i]);
  render(<ResultGrid answer={answer(rows)} />);
  expect(screen.getByRole("grid")).toHaveAttribute("aria-rowcount", "100001");
  expect(screen.getAllByRole("row").length).toBeLessThan(60);
  expect(screen.getByText("1 of 100,000")).toBeInTheDocument();

  await userEvent.click(screen.getByRole("grid"));
  await userEvent.keyboard("{Control>}{End}{/Control}");
  expect(screen.getByText("100,000 of 100,000")).toBeInTheDocument();
});
