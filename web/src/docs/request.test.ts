import { describe, expect, it } from "vitest";
import { groupsOf, limitsOf, resolved, type Contract, type Operation } from "./contract";
import { curlOf, pretty, requestOf, targetOf } from "./request";

const operation: Operation = {
  id: "x",
  method: "POST",
  path: "/api/v1/things/{name}",
  tag: "t",
  summary: "",
  description: undefined,
  parameters: [
    { name: "name", in: "path", required: true },
    { name: "limit", in: "query" },
    { name: "Prefer", in: "header" },
  ],
  body: { type: "application/json", media: {}, required: true },
  answers: [],
};
const filled = {
  values: { "path name": "a/b c", "query limit": "10&x=1", "header Prefer": "wait=5" },
  body: `{"it's":1}`,
};

describe("a request", () => {
  it("escapes what goes into the path and the query", () => {
    expect(targetOf(operation, filled)).toBe("/api/v1/things/a%2Fb%20c?limit=10%26x%3D1");
  });
  it("leaves out what is empty", () => {
    expect(targetOf(operation, { values: {}, body: "" })).toBe("/api/v1/things/");
    expect(requestOf(operation, { values: {}, body: "" })).not.toHaveProperty("body");
  });
  it("is the same for a terminal, quoted", () => {
    const curl = curlOf(operation, filled, "http://127.0.0.1:8080");
    expect(curl).toContain(String.raw`-d '{"it'\''s":1}'`);
    expect(curl).toContain("-H 'prefer: wait=5'");
  });
});

it("shows JSON with a line a member, unless that would change a number", () => {
  expect(pretty('{"a":1}', "application/problem+json")).toBe('{\n  "a": 1\n}');
  expect(pretty('{"a":12345678901234567890}', "application/json")).toBe(
    '{"a":12345678901234567890}',
  );
  expect(pretty("not json", "application/json")).toBe("not json");
});

it("finds what a reference names, and groups by tag in the document's order", () => {
  const contract: Contract = {
    info: { title: "T", version: "1" },
    tags: [{ name: "second" }, { name: "first", description: "d" }, { name: "empty" }],
    paths: {
      "/a": { get: { tags: ["first"], parameters: [{ $ref: "#/components/parameters/P" }] } },
      "/b": {
        post: { tags: ["second"], responses: { default: { $ref: "#/components/responses/R" } } },
      },
    },
    components: {
      parameters: { P: { name: "p", in: "query" } },
      responses: { R: { description: "r" } },
    },
  };
  const groups = groupsOf(contract);
  expect(groups.map(({ tag }) => tag)).toEqual(["second", "first"]);
  expect(groups[1]?.operations[0]?.parameters[0]?.name).toBe("p");
  expect(groups[0]?.operations[0]?.answers[0]?.answer.description).toBe("r");
  expect(resolved(contract, { $ref: "#/components/schemas/None" })).toEqual({
    $ref: "#/components/schemas/None",
  });
  expect(limitsOf({ minimum: 0, maximum: 5, default: 1 })).toEqual(["0 … 5", "default 1"]);
});
