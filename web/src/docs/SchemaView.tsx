import type { ReactElement } from "react";
import { limitsOf, nameOf, resolved, typeOf, type Contract, type Schema } from "./contract";
import styles from "./Docs.module.css";

/** Deeper than this only names are shown: a schema may hold itself. */
const MAX_DEPTH = 6;

interface Props {
  contract: Contract;
  schema: Schema;
  depth?: number;
}

/** The members of an object or of the items of a list, with what each may be. */
export function SchemaView({ contract, schema, depth = 0 }: Props): ReactElement | null {
  const whole = resolved(contract, schema);
  if (depth > MAX_DEPTH) return null;
  if (whole.items) {
    const items = resolved(contract, whole.items);
    return items.properties || items.items ? (
      <SchemaView contract={contract} schema={whole.items} depth={depth + 1} />
    ) : null;
  }
  if (!whole.properties) return null;
  return (
    <ul className={styles.schema}>
      {Object.entries(whole.properties).map(([name, member]) => (
        <Member
          key={name}
          contract={contract}
          name={name}
          schema={member}
          required={whole.required?.includes(name) ?? false}
          depth={depth}
        />
      ))}
    </ul>
  );
}

interface MemberProps extends Required<Props> {
  name: string;
  required: boolean;
}

function Member({ contract, name, schema, required, depth }: MemberProps): ReactElement {
  const whole = resolved(contract, schema);
  return (
    <li>
      <p>
        <code className={styles.name}>{name}</code> <Kind contract={contract} schema={schema} />{" "}
        {!required && <span className={styles.optional}>optional</span>}
      </p>
      {whole.description !== undefined && <p className={styles.text}>{whole.description}</p>}
      <SchemaView contract={contract} schema={schema} depth={depth + 1} />
    </li>
  );
}

/** The type of a value with its limits. */
export function Kind({ contract, schema }: { contract: Contract; schema: Schema }): ReactElement {
  const whole = resolved(contract, schema);
  const items = whole.items && resolved(contract, whole.items);
  const list = items ? ` of ${nameOf(whole.items ?? {}) ?? typeOf(items)}` : "";
  return (
    <span className={styles.kind}>
      {typeOf(whole)}
      {list}
      {limitsOf(whole).map((limit) => (
        <span key={limit}>, {limit}</span>
      ))}
    </span>
  );
}
