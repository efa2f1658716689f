import type { ReactElement } from "react";
import { setTheme, THEMES, useTheme, type Theme } from "@shared/theme/theme";
import styles from "./ThemeSwitch.module.css";

const NAMES: Record<Theme, string> = { system: "Auto", light: "Light", dark: "Dark" };

export function ThemeSwitch(): ReactElement {
  const theme = useTheme();
  return (
    <fieldset className={styles.switch}>
      <legend className="visually-hidden">Colours</legend>
      {THEMES.map((each) => (
        <label key={each} className={styles.choice}>
          <input
            className="visually-hidden"
            type="radio"
            name="theme"
            checked={theme === each}
            onChange={() => setTheme(each)}
          />
          {NAMES[each]}
        </label>
      ))}
    </fieldset>
  );
}
