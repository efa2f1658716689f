import { formatCount } from "../format";
import type { Verification, VerificationReport } from "./contract";
import { sortByLevel, worst, type Item, type State, type Verdict } from "./state";

/** What a comparison of the stores found, in words. */
export interface Finding extends State {
  word: string;
}

const REPAIR =
  "Run orderly verify --repair on this machine: it writes again what was lost or changed. " +
  "What nobody accepted is left as it is: look at where it comes from.";

export function findingOf(report: VerificationReport | undefined): Finding {
  if (!report) {
    return {
      level: "unknown",
      word: "Not verified yet",
      says: "The stores have not been compared since the server’s start.",
    };
  }
  if (report.state === "clean") {
    return {
      level: "ok",
      word: "Everything agrees",
      says: "Every accepted order is where it should be.",
    };
  }
  if (report.differences > 0 || report.state === "differs") return differing(report);
  return incomplete(report.reason);
}

/** Where a store lags, its hop says so already; anything else is a reason to look. */
function incomplete(reason = "it does not say why"): Finding {
  const lags = /\blags\b/.test(reason);
  return {
    level: lags ? "unknown" : "late",
    word: "Not all compared",
    says: lags
      ? `Not everything could be compared: ${reason}. Verify again once it has caught up.`
      : `Not everything could be compared: ${reason}.`,
  };
}

function differing({ differences, repaired, state, reason }: VerificationReport): Finding {
  // One order may differ in more than one store.
  const found = `${formatCount(differences)} ${differences === 1 ? "difference" : "differences"}`;
  if (repaired > 0) {
    const rows = `${formatCount(repaired)} ${repaired === 1 ? "row was" : "rows were"}`;
    return {
      level: "late",
      word: "Repaired, verify again",
      says: `There were ${found}, and ${rows} written again. Another comparison tells whether that was enough.`,
    };
  }
  const rest =
    state === "incomplete"
      ? ` Not everything could be compared: ${reason ?? "it does not say why"}.`
      : "";
  return {
    level: "alarm",
    word: "The stores differ",
    says: `${found} between what was accepted and what the stores have.${rest}`,
  };
}

/** What to do about a finding; undefined where there is nothing to do. */
export function todoOf({ level }: Finding): string | undefined {
  return level === "alarm" ? REPAIR : undefined;
}

/** The verdict of the hops and that of the comparison as one. What is not known is no reason to look. */
export function withVerification(
  verdict: Verdict,
  verification: Verification | null | undefined,
): Verdict {
  const report = verification?.last;
  if (!report) return verdict;
  const finding = findingOf(report);
  if (finding.level !== "alarm" && finding.level !== "late") return verdict;
  const item: Item = {
    level: finding.level,
    what: "Verification",
    says: finding.says,
    todo: todoOf(finding) ?? "Verify now, further down on this page.",
  };
  const items = [...verdict.items, item];
  sortByLevel(items);
  const level = worst([verdict.level, finding.level]);
  if (level === verdict.level) return { ...verdict, items };
  return { level, word: finding.word, says: finding.says, items };
}

const PHASES: Record<string, string> = {
  waiting: "Waiting for every store to catch up",
  warehouse: "Reading the warehouse",
  read_model: "Reading the read model",
  orders: "Comparing the orders",
  differences: "Looking at the differences again",
  repair: "Writing again what differs",
};

/** What a comparison does now; undefined where none runs or is about to. */
export function progressOf(verification: Verification): string | undefined {
  const { running, requested, finished, phase, done = 0, of = 0 } = verification;
  if (!running) return requested > finished ? "About to begin" : undefined;
  const words = PHASES[phase ?? "waiting"] ?? phase ?? "";
  if (of > 0) return `${words}: ${formatCount(done)} of ${formatCount(of)}`;
  return done > 0 ? `${words}: ${formatCount(done)}` : words;
}

const KINDS: Record<string, string> = {
  missing_in_read_model: "Missing in the read model",
  different_in_read_model: "Different in the read model",
  unknown_in_read_model: "In the read model, but accepted by nobody",
  missing_in_warehouse: "Missing in the warehouse",
  different_in_warehouse: "Different in the warehouse",
  doubled_in_warehouse: "More than once in the warehouse",
  unknown_in_warehouse: "In the warehouse, but not in the read model",
};

export function kindInWords(kind: string): string {
  return KINDS[kind] ?? kind;
}
