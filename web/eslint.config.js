import js from "@eslint/js";
import importX from "eslint-plugin-import-x";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import tseslint from "typescript-eslint";

// The base path is the repository: the browser tests are checked, too.
const here = fileURLToPath(new URL(".", import.meta.url));
const applications = ["shop", "desk", "docs"];

/** Who must not import whom; features of one application know nothing of each other either. */
function zones() {
  const src = "./src";
  const own = { target: `${src}/shared`, from: applications.map((name) => `${src}/${name}`) };
  const apart = applications.map((name) => ({
    target: `${src}/${name}`,
    from: applications.filter((other) => other !== name).map((other) => `${src}/${other}`),
  }));
  const features = applications.flatMap((name) => {
    const folder = `${src}/${name}/features`;
    return folders(folder).map((feature) => ({
      target: `${folder}/${feature}`,
      from: folder,
      except: [`./${feature}`],
      message: "A feature imports shared code, never another feature.",
    }));
  });
  return [own, ...apart, ...features];
}

function folders(path) {
  try {
    return readdirSync(new URL(path, import.meta.url), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

export default tseslint.config(
  { ignores: ["**/dist", "**/node_modules", "web/src/shared/api/schema.ts"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: here } },
    rules: {
      "@typescript-eslint/consistent-type-definitions": ["error", "interface"],
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
      "@typescript-eslint/no-misused-promises": [
        "error",
        { checksVoidReturn: { attributes: false } },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: "Text of the API is text.",
        },
      ],
    },
  },
  {
    files: ["web/src/**/*.{ts,tsx}"],
    plugins: { "import-x": importX, "react-hooks": reactHooks },
    extends: [jsxA11y.flatConfigs.recommended],
    settings: { "import-x/resolver": { node: { extensions: [".ts", ".tsx"] } } },
    languageOptions: { globals: globals.browser },
    rules: {
      ...reactHooks.configs.recommended.rules,
      "react-hooks/exhaustive-deps": "error",
      "import-x/no-restricted-paths": ["error", { basePath: here, zones: zones() }],
      "import-x/no-cycle": "error",
      "no-console": "error",
    },
  },
  {
    files: ["web/scripts/**", "web/*.js", "web/public/**"],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
);
