import type { ReactElement } from "react";
import styles from "./Docs.module.css";

/** A description of the contract: paragraphs, and lists whose points begin with a dash. Text as text. */
export function Text({ text }: { text: string | undefined }): ReactElement {
  const blocks = (text ?? "").trim().split(/\n\s*\n/);
  return (
    <div className={styles.prose}>
      {blocks.map((block, i) =>
        block.startsWith("- ") ? (
          <ul key={i}>
            {block
              .slice(2)
              .split(/\n- /)
              .map((point, j) => (
                <li key={j}>{point}</li>
              ))}
          </ul>
        ) : (
          block !== "" && <p key={i}>{block}</p>
        ),
      )}
    </div>
  );
}
