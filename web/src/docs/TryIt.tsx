import { useEffect, useId, useRef, useState, type ReactElement } from "react";
import { Button } from "@shared/ui/Button";
import { Notice } from "@shared/ui/Notice";
import type { Operation, Parameter } from "./contract";
import styles from "./Docs.module.css";
import { curlOf, keyOf, send, targetOf, type Filled, type Reply } from "./request";

type State =
  | { name: "ready" }
  | { name: "sending"; reply?: Reply }
  | { name: "done"; reply: Reply }
  | { name: "stopped"; reply: Reply | undefined }
  | { name: "failed" };

function exampleOf(operation: Operation, name: string | undefined): string {
  const value = operation.body?.media.examples?.[name ?? ""]?.value;
  return value === undefined ? "" : JSON.stringify(value, null, 2);
}

function firstValues(operation: Operation): Record<string, string> {
  const filled = operation.parameters.filter(
    ({ required, example }) => required && example !== undefined,
  );
  return Object.fromEntries(filled.map((each) => [keyOf(each), String(each.example)]));
}

/** Sends the call to the server that this page came from. */
export function TryIt({ operation }: { operation: Operation }): ReactElement {
  const names = Object.keys(operation.body?.media.examples ?? {});
  const [filled, setFilled] = useState<Filled>(() => ({
    values: firstValues(operation),
    body: exampleOf(operation, names[0]),
  }));
  const { state, start, stop } = useSend(operation, filled);
  const missing = operation.parameters.filter(
    (each) => each.required && (filled.values[keyOf(each)] ?? "") === "",
  );
  return (
    <form
      className={styles.try}
      aria-label={`Try ${operation.method} ${operation.path}`}
      onSubmit={(event) => {
        event.preventDefault();
        if (missing.length === 0) start();
      }}
    >
      {operation.parameters.map((parameter) => (
        <ParameterField
          key={keyOf(parameter)}
          parameter={parameter}
          value={filled.values[keyOf(parameter)] ?? ""}
          onChange={(value) =>
            setFilled({ ...filled, values: { ...filled.values, [keyOf(parameter)]: value } })
          }
        />
      ))}
      {operation.body && (
        <BodyField
          names={names}
          body={filled.body}
          onChange={(body) => setFilled({ ...filled, body })}
          onExample={(name) => setFilled({ ...filled, body: exampleOf(operation, name) })}
        />
      )}
      <div className={styles.send}>
        {state.name === "sending" ? (
          <Button onClick={stop}>Stop</Button>
        ) : (
          <Button type="submit" look="primary" disabled={missing.length > 0}>
            Send
          </Button>
        )}
        <code>
          {operation.method} {targetOf(operation, filled)}
        </code>
      </div>
      <details className={styles.curl}>
        <summary>For a terminal</summary>
        <Code text={curlOf(operation, filled, window.location.origin)} label="curl" />
      </details>
      <Outcome state={state} />
    </form>
  );
}

function useSend(
  operation: Operation,
  filled: Filled,
): { state: State; start: () => void; stop: () => void } {
  const [state, setState] = useState<State>({ name: "ready" });
  const current = useRef<AbortController | null>(null);
  useEffect(() => () => current.current?.abort(), []);
  const start = (): void => {
    current.current?.abort();
    const controller = new AbortController();
    current.current = controller;
    let part: Reply | undefined;
    setState({ name: "sending" });
    send(operation, filled, controller.signal, (reply) => {
      part = reply;
      if (current.current === controller) setState({ name: "sending", reply });
    }).then(
      (reply) => setState({ name: "done", reply }),
      () =>
        setState(controller.signal.aborted ? { name: "stopped", reply: part } : { name: "failed" }),
    );
  };
  return { state, start, stop: () => current.current?.abort() };
}

interface ParameterProps {
  parameter: Parameter;
  value: string;
  onChange: (value: string) => void;
}

function ParameterField({ parameter, value, onChange }: ParameterProps): ReactElement {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>
        <code>{parameter.name}</code> <span>{parameter.in}</span>
        {parameter.required && <span> · required</span>}
      </label>
      <input
        id={id}
        value={value}
        autoComplete="off"
        spellCheck={false}
        placeholder={parameter.example === undefined ? "" : String(parameter.example)}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}

interface BodyProps {
  names: readonly string[];
  body: string;
  onChange: (body: string) => void;
  onExample: (name: string) => void;
}

function BodyField({ names, body, onChange, onExample }: BodyProps): ReactElement {
  const id = useId();
  return (
    <div className={styles.body}>
      <div className={styles.bodyHead}>
        <label htmlFor={id}>Body</label>
        {names.length > 1 && (
          <label>
            Example{" "}
            <select onChange={(event) => onExample(event.target.value)}>
              {names.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        )}
      </div>
      <textarea
        id={id}
        value={body}
        rows={Math.min(Math.max(body.split("\n").length, 3), 16)}
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}

function Outcome({ state }: { state: State }): ReactElement | null {
  if (state.name === "ready") return null;
  if (state.name === "failed") {
    return <Notice tone="danger" role="alert" title="The server cannot be reached." />;
  }
  const words = state.name === "sending" ? "Waiting…" : state.name === "stopped" ? "Stopped." : "";
  return (
    <div className={styles.reply}>
      <p role="status">
        {state.reply && (
          <b data-good={state.reply.status < 400 || undefined}>
            {state.reply.status} {state.reply.statusText}
          </b>
        )}{" "}
        {state.name === "done" &&
          `in ${state.reply.ms < 10 ? state.reply.ms.toFixed(1) : Math.round(state.reply.ms)} ms`}
        {words}
      </p>
      {state.reply && (
        <>
          <Code
            text={state.reply.headers.map(([name, value]) => `${name}: ${value}`).join("\n")}
            label="Headers"
          />
          <Code text={state.reply.body} label="Answer" />
          {state.reply.cut && <p>There is more than is shown.</p>}
        </>
      )}
    </div>
  );
}

export function Code({ text, label }: { text: string; label: string }): ReactElement | null {
  if (text === "") return null;
  return (
    // A region that scrolls must be reached with the keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <pre className={styles.code} tabIndex={0} role="region" aria-label={label}>
      {text}
    </pre>
  );
}
