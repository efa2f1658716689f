/**
 * Where in a statement DuckDB's message points. Its messages end in
 *
 *     LINE 2: ..., nope FROM cqrs_example.order_information...
 *                  ^
 *
 * where the line may be cut on both sides, the caret counts columns of a terminal (two for a wide
 * character, none for a control character), and is the only place in the answer that has a position.
 */
export interface ErrorPlace {
  /** Offsets into the statement, of UTF-16 code units; from < to unless the statement ends there. */
  from: number;
  to: number;
  line: number;
  column: number;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

function columns(character: string): number {
  if (/[\p{Cc}\p{Mn}]/u.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** The index into the text of what is drawn at a column. */
function indexAt(text: string, column: number): number {
  let at = 0;
  let index = 0;
  for (const character of text) {
    if (at >= column && columns(character) > 0) return index;
    at += columns(character);
    index += character.length;
  }
  return index;
}

function wordAt(text: string, from: number): number {
  const rest = text.slice(from);
  const word = /^(?:[\p{L}\p{N}_]+|"(?:[^"]|"")*"|'(?:[^']|'')*'|\S)/u.exec(rest);
  return from + (word?.[0].length ?? 0);
}

export function errorPlace(message: string, sql: string): ErrorPlace | undefined {
  const found = /(?:^|\n)(LINE (\d+): )([^\n]*)\n( *)\^/.exec(message);
  if (!found) return message.includes("at end of input") ? endOfInput(sql) : undefined;
  const [, prefix = "", lineText = "1", excerpt = "", indent = ""] = found;
  const line = Number(lineText);
  const source = sql.split("\n")[line - 1];
  if (source === undefined) return undefined;

  const pointed = indexAt(excerpt, indent.length - prefix.length);
  const cutLeft = excerpt.startsWith("...") && !source.startsWith("...");
  const core = cutLeft ? excerpt.slice(3) : excerpt;
  const whole = source.indexOf(core);
  const at = whole >= 0 ? whole : source.indexOf(core.replace(/\.\.\.$/, ""));
  if (at < 0) return undefined;
  const index = Math.min(at + pointed - (cutLeft ? 3 : 0), source.length);

  const lineStart =
    sql
      .split("\n")
      .slice(0, line - 1)
      .join("\n").length + (line > 1 ? 1 : 0);
  const from = lineStart + index;
  return { from, to: lineStart + wordAt(source, index), line, column: index + 1 };
}

function endOfInput(sql: string): ErrorPlace {
  const end = sql.trimEnd().length;
  const lines = sql.slice(0, end).split("\n");
  const last = lines.at(-1) ?? "";
  return { from: Math.max(end - 1, 0), to: end, line: lines.length, column: last.length + 1 };
}

/** The message without the drawing, which the editor shows in place. */
export function withoutDrawing(message: string): string {
  return message.replace(/\n+LINE \d+: [^\n]*\n *\^ *\n?/, "\n").trim();
}
