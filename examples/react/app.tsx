import { useState } from "react";
import { createRoot } from "react-dom/client";
import type { Choice, Problem } from "./tillbridge";

/** React passes functions and objects on as properties, and `on…` as listeners of events. */
function Connections() {
  const [said, say] = useState("");

  async function getToken() {
    const answer = await fetch("/tillbridge-token", { method: "POST" });
    const { token } = await answer.json();
    return token as string;
  }

  return (
    <>
      <h1>Settings</h1>
      <tillbridge-picker
        getToken={getToken}
        heading-level={2}
        ontillbridge-ready={() => say("Ready")}
        ontillbridge-leave={(event: CustomEvent<Choice>) => say(`On the way to ${event.detail.name}`)}
        ontillbridge-problem={(event: CustomEvent<Problem>) => say(event.detail.kind)}
      />
      <p role="status">{said}</p>
    </>
  );
}

const app = document.getElementById("app");
if (app) createRoot(app).render(<Connections />);
