/** Says something to screen readers, politely. One live region serves the whole page. */
let region: HTMLElement | undefined;

export function announce(text: string): void {
  if (region?.isConnected !== true) {
    region = document.createElement("div");
    region.className = "visually-hidden";
    region.setAttribute("role", "status");
    region.setAttribute("aria-live", "polite");
    document.body.append(region);
  }
  // The same words again are news again.
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}
