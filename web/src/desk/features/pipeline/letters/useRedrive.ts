import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { announce } from "@shared/ui/announce";
import { formatCount } from "../../../core/format";
import { redrive, type Choice, type Progress } from "./redrive";

export interface Run {
  choice: Choice;
  /** What it began with, where that is known. */
  of: number | undefined;
  progress: Progress | undefined;
  state: "running" | "done" | "stopped" | "failed";
  error?: unknown;
}

export interface Redriving {
  run: Run | undefined;
  start: (choice: Choice, of: number | undefined) => void;
  /** No further call; what was redriven stays so. */
  stop: () => void;
  forget: () => void;
}

/** One redrive or rehearsal at a time, with how far it is. */
export function useRedrive(): Redriving {
  const client = useQueryClient();
  const [run, setRun] = useState<Run>();
  const current = useRef<AbortController | null>(null);
  useEffect(() => () => current.current?.abort(), []);

  const go = async (begun: Run, signal: AbortSignal): Promise<void> => {
    let seen = begun;
    const tell = (change: Partial<Run>): void => {
      seen = { ...seen, ...change };
      if (current.current?.signal === signal) setRun(seen);
    };
    try {
      for await (const progress of redrive(begun.choice, signal)) tell({ progress });
      tell({ state: signal.aborted ? "stopped" : "done" });
      announce(sumOf(seen));
    } catch (error) {
      tell(signal.aborted ? { state: "stopped" } : { state: "failed", error });
    }
    if (begun.choice.rehearsed) return;
    await Promise.all(
      ["letters", "letter-subscriptions", "pipeline", "parked"].map((key) =>
        client.invalidateQueries({ queryKey: [key] }),
      ),
    );
  };

  return {
    run,
    start: (choice, of) => {
      current.current?.abort();
      const controller = new AbortController();
      current.current = controller;
      const begun: Run = { choice, of, progress: undefined, state: "running" };
      setRun(begun);
      void go(begun, controller.signal);
    },
    stop: () => current.current?.abort(),
    forget: () => setRun(undefined),
  };
}

/** What became of all of them, in a sentence. */
export function sumOf({ choice, progress }: Run): string {
  const { redriven, failed, pending } = progress ?? { redriven: 0, failed: 0, pending: 0 };
  const parts = [
    `${formatCount(redriven)} ${choice.rehearsed ? "would be redriven" : "redriven"}`,
    ...(failed > 0
      ? [`${formatCount(failed)} ${choice.rehearsed ? "would fail again" : "failed again"}`]
      : []),
    ...(pending > 0 ? [`${formatCount(pending)} on their way`] : []),
  ];
  return `${parts.join(", ")}.`;
}
