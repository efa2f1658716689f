// Before the first paint, so that no page flashes in the other theme. See src/shared/theme.
try {
  const theme = JSON.parse(localStorage.getItem("orderly.theme.v1"));
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is refused: the system's theme it is.
}
