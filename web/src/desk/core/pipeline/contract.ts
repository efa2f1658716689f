import type { components } from "@shared/api/schema";

export type Pipeline = components["schemas"]["Pipeline"];
export type Arrow = components["schemas"]["Arrow"];
export type Reason = components["schemas"]["Reason"];
export type ParkedOrder = components["schemas"]["ParkedOrder"];
export type Verification = components["schemas"]["Verification"];
export type VerificationReport = components["schemas"]["VerificationReport"];
