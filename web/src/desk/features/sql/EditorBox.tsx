import {
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  type ReactElement,
  type Ref,
} from "react";
import { createEditor, type SqlEditor } from "./editor";
import type { Tables } from "./tables";
import styles from "./SqlPage.module.css";

interface Props {
  initialText: string;
  tables: Tables;
  onRun: () => void;
  onChange: (text: string) => void;
  ref: Ref<SqlEditor | null>;
}

/** CodeMirror under React: made once, told of changes. */
export function EditorBox({ initialText, tables, onRun, onChange, ref }: Props): ReactElement {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<SqlEditor | null>(null);
  const handlers = useRef({ onRun, onChange });
  const text = useRef(initialText);
  useEffect(() => {
    handlers.current = { onRun, onChange };
  });
  // Before the handle below is given out.
  useLayoutEffect(() => {
    if (!host.current) return;
    const made = createEditor(host.current, text.current, "SQL statement", {
      onRun: () => handlers.current.onRun(),
      onChange: (next) => {
        text.current = next;
        handlers.current.onChange(next);
      },
    });
    editor.current = made;
    return () => {
      editor.current = null;
      made.destroy();
    };
  }, []);
  useEffect(() => {
    editor.current?.setTables(
      Object.fromEntries(
        tables.map(({ schema, tables: inside }) => [
          schema,
          Object.fromEntries(
            inside.map(({ name, columns }) => [name, columns.map((column) => column.name)]),
          ),
        ]),
      ),
    );
  }, [tables]);
  useImperativeHandle<SqlEditor | null, SqlEditor | null>(ref, () => editor.current);
  return <div className={styles.sqlEditor} ref={host} />;
}
