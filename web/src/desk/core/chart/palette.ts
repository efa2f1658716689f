/** Colours of the page's tokens, for what is drawn on a canvas and knows no stylesheet. */
export type Token = `--${string}`;

export function colorOf(element: Element, token: Token): string {
  return getComputedStyle(element).getPropertyValue(token).trim() || "currentColor";
}

/** Calls when the page turns dark or light, by its own switch or by the system's. */
export function onThemeChange(changed: () => void): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-theme", "class"],
  });
  system.addEventListener("change", changed);
  return () => {
    observer.disconnect();
    system.removeEventListener("change", changed);
  };
}
