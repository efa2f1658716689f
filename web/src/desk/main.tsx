import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router-dom";
import { createQueryClient } from "@shared/api/query";
import "@shared/styles/index.css";
import { applyTheme } from "@shared/theme/theme";
import "./app/desk.css";
import { Desk } from "./app/Desk";

applyTheme();
const root = document.getElementById("root");
if (!root) throw new Error("The page has no element with the id root.");
createRoot(root).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={createQueryClient()}>
        <BrowserRouter
          basename="/desk"
          future={{ v7_startTransition: true, v7_relativeSplatPath: true }}
        >
          <Desk />
        </BrowserRouter>
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
