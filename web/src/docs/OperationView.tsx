import { useState, type ReactElement } from "react";
import { Button } from "@shared/ui/Button";
import type { Contract, Operation } from "./contract";
import styles from "./Docs.module.css";
import { Kind, SchemaView } from "./SchemaView";
import { Text } from "./Text";
import { Code, TryIt } from "./TryIt";

interface Props {
  contract: Contract;
  operation: Operation;
}

export function OperationView({ contract, operation }: Props): ReactElement {
  const [trying, setTrying] = useState(false);
  return (
    <article
      id={operation.id}
      className={styles.operation}
      aria-labelledby={`${operation.id}-title`}
    >
      <header>
        <h3 id={`${operation.id}-title`}>
          <a href={`#${operation.id}`}>{operation.summary || operation.id}</a>
        </h3>
        <p className={styles.path}>
          <span className={styles.method} data-method={operation.method}>
            {operation.method}
          </span>
          <code>{operation.path}</code>
        </p>
      </header>
      <Text text={operation.description} />
      {operation.parameters.length > 0 && <Parameters contract={contract} operation={operation} />}
      {operation.body?.media.schema && (
        <section>
          <h4>Body</h4>
          <SchemaView contract={contract} schema={operation.body.media.schema} />
        </section>
      )}
      <Answers contract={contract} operation={operation} />
      <Button aria-expanded={trying} onClick={() => setTrying(!trying)}>
        {trying ? "Close" : "Try it"}
      </Button>
      {trying && <TryIt operation={operation} />}
    </article>
  );
}

function Parameters({ contract, operation }: Props): ReactElement {
  return (
    <section>
      <h4>Parameters</h4>
      <ul className={styles.schema}>
        {operation.parameters.map((parameter) => (
          <li key={`${parameter.in} ${parameter.name}`}>
            <p>
              <code className={styles.name}>{parameter.name}</code>{" "}
              <span className={styles.kind}>{parameter.in}, </span>
              <Kind contract={contract} schema={parameter.schema ?? {}} />{" "}
              {!parameter.required && <span className={styles.optional}>optional</span>}
            </p>
            {parameter.description !== undefined && (
              <p className={styles.text}>{parameter.description}</p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Answers({ contract, operation }: Props): ReactElement {
  return (
    <section>
      <h4>Answers</h4>
      {operation.answers.map(({ status, answer, headers }) => (
        <details key={status} className={styles.answer}>
          <summary>
            <b data-good={status.startsWith("2") || undefined}>{status}</b> {answer.description}
          </summary>
          {headers.map(([name, header]) => (
            <p key={name} className={styles.text}>
              <code className={styles.name}>{name}</code> {header.description}
            </p>
          ))}
          {Object.entries(answer.content ?? {}).map(([type, media]) => (
            <div key={type}>
              <p className={styles.kind}>{type}</p>
              {media.schema && <SchemaView contract={contract} schema={media.schema} />}
              {Object.entries(media.examples ?? {}).map(([name, { value }]) => (
                <Code key={name} label={`Example ${name}`} text={JSON.stringify(value, null, 2)} />
              ))}
            </div>
          ))}
        </details>
      ))}
    </section>
  );
}
