import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { PostgreSQL, sql, type SQLNamespace } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import {
  Compartment,
  EditorState,
  Prec,
  StateEffect,
  StateField,
  type Extension,
} from "@codemirror/state";
import {
  Decoration,
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
  placeholder,
  type DecorationSet,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

/**
 * The editor lives in a shadow root: there CodeMirror uses constructed stylesheets, which a
 * Content-Security-Policy without 'unsafe-inline' allows, and not style elements, which it refuses.
 */
export interface SqlEditor {
  text: () => string;
  replace: (text: string) => void;
  insert: (text: string) => void;
  setTables: (tables: SQLNamespace) => void;
  /** Underlines a place and puts the cursor there; null takes it away. */
  mark: (place: { from: number; to: number } | null) => void;
  focus: () => void;
  destroy: () => void;
}

interface Handlers {
  onRun: () => void;
  onChange: (text: string) => void;
}

const setMark = StateEffect.define<{ from: number; to: number } | null>();
const markDecoration = Decoration.mark({ class: "cm-error-place" });
const markLine = Decoration.line({ class: "cm-error-line" });

const markField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(setMark)) return markAt(transaction.state, effect.value);
    }
    return transaction.docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function markAt(state: EditorState, place: { from: number; to: number } | null): DecorationSet {
  if (!place) return Decoration.none;
  const from = Math.min(place.from, state.doc.length);
  const to = Math.min(place.to, state.doc.length);
  const line = markLine.range(state.doc.lineAt(from).from);
  return Decoration.set(from < to ? [line, markDecoration.range(from, to)] : [line], true);
}

const highlighting = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword], color: "var(--code-keyword)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  {
    tag: [tags.comment, tags.lineComment, tags.blockComment],
    color: "var(--code-comment)",
    fontStyle: "italic",
  },
  { tag: [tags.typeName, tags.standard(tags.name)], color: "var(--code-type)" },
]);

const look = EditorView.theme({
  "&": {
    height: "100%",
    fontSize: "14px",
    color: "var(--code-text)",
    backgroundColor: "transparent",
  },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--code-font)", lineHeight: "1.6", overflow: "auto" },
  ".cm-content": { caretColor: "var(--code-text)", padding: "12px 0" },
  ".cm-cursor": { borderLeftColor: "var(--code-text)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--code-faint)", border: "none" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 10px 0 14px" },
  ".cm-activeLine": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "var(--code-active)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
    {
      backgroundColor: "var(--code-selection)",
    },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--code-selection)", outline: "none" },
  ".cm-placeholder": { color: "var(--code-faint)" },
  ".cm-error-place": {
    textDecoration: "underline wavy var(--code-error) 1.5px",
    textUnderlineOffset: "4px",
    backgroundColor: "var(--code-error-soft)",
    borderRadius: "2px",
  },
  ".cm-error-line": { boxShadow: "inset 3px 0 0 var(--code-error)" },
  ".cm-tooltip": {
    backgroundColor: "var(--code-raised)",
    color: "var(--code-text)",
    border: "1px solid var(--code-border)",
    borderRadius: "8px",
    overflow: "hidden",
  },
  ".cm-tooltip-autocomplete > ul": { fontFamily: "var(--code-font)", fontSize: "13px" },
  ".cm-tooltip-autocomplete > ul > li": { padding: "4px 10px" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--code-selection)",
    color: "var(--code-text)",
  },
  ".cm-completionDetail": { color: "var(--code-faint)", marginLeft: "1em" },
});

function language(schema: SQLNamespace): Extension {
  return sql({ dialect: PostgreSQL, schema, upperCaseKeywords: true });
}

/**
 * Chromium carries the look of what is typed over into style attributes, which a policy without
 * 'unsafe-inline' refuses and complains of. Plain text over a selection is therefore put in here;
 * brackets and quotes go the usual way, since they are put around a selection.
 */
const typeOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { data, inputType, isComposing } = event;
    const isPlain = inputType === "insertText" && !isComposing && data !== null;
    if (!isPlain || view.state.selection.main.empty || /^[([{'"]$/.test(data)) return false;
    event.preventDefault();
    view.dispatch({ ...view.state.replaceSelection(data), userEvent: "input.type" });
    return true;
  },
});

export function createEditor(
  host: HTMLElement,
  text: string,
  label: string,
  handlers: Handlers,
): SqlEditor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const tables = new Compartment();
  const run = (view: EditorView) => {
    // What could be typed next would stand over the answer.
    closeCompletion(view);
    handlers.onRun();
    return true;
  };
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        Prec.highest(
          keymap.of([
            { key: "Mod-Enter", run },
            { key: "Ctrl-Enter", run },
          ]),
        ),
        lineNumbers(),
        history(),
        drawSelection(),
        bracketMatching(),
        closeBrackets(),
        highlightActiveLine(),
        autocompletion({ icons: false, activateOnTyping: true }),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({
          "aria-label": label,
          spellcheck: "false",
          autocapitalize: "off",
        }),
        placeholder("SELECT …"),
        // Tab is left alone, so that the keyboard gets out of the editor.
        keymap.of([
          ...closeBracketsKeymap,
          ...defaultKeymap,
          ...historyKeymap,
          ...completionKeymap,
        ]),
        tables.of(language({})),
        markField,
        typeOver,
        syntaxHighlighting(highlighting),
        look,
        EditorView.updateListener.of((update) => {
          if (update.docChanged) handlers.onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    replace: (next) => {
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: next },
        selection: { anchor: next.length },
      });
    },
    insert: (piece) => view.dispatch(view.state.replaceSelection(piece)),
    setTables: (schema) => view.dispatch({ effects: tables.reconfigure(language(schema)) }),
    mark: (place) => {
      const at = place && Math.min(place.from, view.state.doc.length);
      view.dispatch({
        effects: setMark.of(place),
        ...(at === null ? {} : { selection: { anchor: at }, scrollIntoView: true }),
      });
    },
    focus: () => view.focus(),
    destroy: () => {
      view.destroy();
    },
  };
}
