import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState, type ReactElement } from "react";
import { describe, expect, it } from "vitest";
import { NumberField } from "./NumberField";

function Field(): ReactElement {
  const [value, setValue] = useState(1);
  return (
    <>
      <NumberField label="lamps" value={value} onChange={setValue} />
      <output>{value}</output>
    </>
  );
}

describe("a quantity", () => {
  it("is typed or stepped, and never less than one", async () => {
    const user = userEvent.setup();
    render(<Field />);
    expect(screen.getByRole("button", { name: "One less of lamps" })).toBeDisabled();
    await user.click(screen.getByRole("button", { name: "One more of lamps" }));
    expect(screen.getByRole("status")).toHaveTextContent("2");
    const input = screen.getByRole("textbox", { name: "Number of lamps" });
    await user.clear(input);
    await user.type(input, "1000000");
    expect(screen.getByRole("status")).toHaveTextContent("1000000");
    expect(screen.getByRole("button", { name: "One more of lamps" })).toBeDisabled();
  });

  it.each([
    ["0", "At least 1."],
    ["1000001", "At most 1,000,000."],
    ["1.5", "Please enter a whole number."],
  ])("says what is wrong with %s and keeps what was", async (typed, words) => {
    const user = userEvent.setup();
    render(<Field />);
    const input = screen.getByRole("textbox", { name: "Number of lamps" });
    await user.clear(input);
    await user.type(input, typed);
    expect(screen.getByRole("alert")).toHaveTextContent(words);
    await user.tab();
    expect(screen.queryByRole("alert")).toBeNull();
    expect(Number(screen.getByRole("status").textContent)).toBeGreaterThanOrEqual(1);
  });
});
