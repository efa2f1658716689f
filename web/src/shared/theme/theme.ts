import { persisted, usePersisted } from "@shared/state/persisted";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

// public/theme.js reads the same key before anything is painted.
const store = persisted<Theme>({
  key: "orderly.theme.v1",
  initial: "system",
  parse: (value) => THEMES.find((theme) => theme === value),
});

export function useTheme(): Theme {
  return usePersisted(store);
}

export function setTheme(theme: Theme): void {
  store.update(() => theme);
}

/** Puts the chosen theme on the document, now and whenever it changes, in whichever tab. */
export function applyTheme(): void {
  const apply = (): void => {
    const theme = store.get();
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  store.subscribe(apply);
  apply();
}
