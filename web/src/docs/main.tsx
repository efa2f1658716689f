import { CSPProvider } from "@base-ui/react/csp-provider";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@shared/styles/index.css";
import { applyTheme } from "@shared/theme/theme";
import "./docs.css";
import { DocsPage } from "./DocsPage";

applyTheme();

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no #root.");
createRoot(root).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <DocsPage />
    </CSPProvider>
  </StrictMode>,
);
