import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { connection } from "./api/connection";
import { App } from "./app/app";
import "./app/styles/index.css";
import { startLanguage } from "./i18n";
import { reloadWhenConnected } from "./parts/page/lazy";

const root = document.getElementById("root");
if (root === null) {
  throw new Error("index.html has no #root");
}
window.addEventListener("offline", () => connection.markLost());
await startLanguage().catch(reloadWhenConnected);
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
