import type { ReactElement } from "react";
import { setTheme, useTheme, type Theme } from "@shared/theme/theme";
import { Choices } from "./Choices";

const CHOICES: readonly { id: Theme; label: string }[] = [
  { id: "system", label: "Auto" },
  { id: "light", label: "Light" },
  { id: "dark", label: "Dark" },
];

export function ThemeSwitch(): ReactElement {
  return (
    <Choices
      label="Colours"
      look="pill"
      choices={CHOICES}
      chosen={useTheme()}
      onChoose={setTheme}
    />
  );
}
