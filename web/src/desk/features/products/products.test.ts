import { expect, it } from "vitest";
import type { Ask, AskOptions } from "../../core/warehouse/ask";
import { readVersions } from "./products";

it("asks for the versions of any id without writing it into the statement", async () => {
  const asked: [string, AskOptions | undefined][] = [];
  const ask: Ask = (sql, options) => {
    asked.push([sql, options]);
    return Promise.resolve({
      columns: [],
      rows: [
        ["Display", 550, "2021-02-01 00:00:00"],
        ["Display", 500, "2021-01-01 00:00:00"],
      ],
      truncated: false,
      position: 1,
      lagMs: 0,
      at: 1,
      ms: 1,
    });
  };
  const id = "p' OR 1=1 --";
  const versions = await readVersions(ask, id);
  expect(versions.map(({ price }) => price)).toEqual([500, 550]);
  expect(asked).toHaveLength(1);
  expect(asked[0]?.[0]).not.toContain(id);
  expect(asked[0]?.[1]?.parameters).toEqual([id]);
});
