/** The two panels of the page: what the user does goes to an EdgeConnection, what it tells is shown, as text only. */
import { EdgeConnection, KeyNeeded } from "./edge-connection.js";

const MAX_LOG_ENTRIES = 500;

/** A panel for one node, with the node that it writes to by default. */
function addPanel(nodeId, otherId) {
  const section = document.getElementById("node").content.cloneNode(true).querySelector("section");
  const [connectionForm, messageForm] = section.querySelectorAll("form");
  const { node, toggle, key } = connectionForm.elements;
  const keyLabel = section.querySelector(".key");
  const status = section.querySelector(".status");
  const log = section.querySelector(".log");
  const sendButton = messageForm.querySelector("button");
  /** Log entries of what was sent and has no outcome yet. */
  const sent = new Map();
  let connection;

  section.setAttribute("aria-label", nodeId);
  node.value = nodeId;
  messageForm.elements.to.value = otherId;

  const canBringBack = () => connection?.nodeId === node.value && connection.hasBeenOnline;

  const show = (state, text) => {
    section.dataset.state = state;
    status.textContent = text;
    const isOnline = state === "online";
    sendButton.disabled = !isOnline;
    node.disabled = isOnline || state === "connecting";
    toggle.disabled = state === "connecting";
    toggle.textContent = isOnline ? "Take offline" : canBringBack() ? "Bring back" : "Connect";
  };

  const append = (outcome, text, mark = "") => {
    const entry = document.createElement("li");
    entry.dataset.outcome = outcome;
    const body = document.createElement("span");
    body.className = "body";
    body.textContent = text;
    const label = document.createElement("span");
    label.className = "mark";
    label.textContent = mark;
    entry.append(body, label);
    log.append(entry);
    while (log.childElementCount > MAX_LOG_ENTRIES) log.firstElementChild.remove();
    log.scrollTop = log.scrollHeight;
    return entry;
  };

  const events = {
    online: (welcome) =>
      show("online", `online as ${welcome.node_id}, connection ${welcome.connection_id.slice(0, 8)}`),
    offline: (reason, failed) => show(failed ? "failed" : "offline", reason),
    message: ({ src_id, payload, seq }) =>
      append("received", `← ${src_id}: ${asText(payload)}`, seq ? `seq ${seq}` : ""),
    outcome: (id, outcome, detail) => {
      const entry = sent.get(id);
      sent.delete(id);
      entry.dataset.outcome = outcome;
      entry.querySelector(".mark").textContent = detail ? `${outcome}: ${detail}` : outcome;
    },
    gap: (text) => append("gap", text, "gap"),
    error: (text) => append("error", text, "error"),
  };

  const connect = async () => {
    // Another node starts anew; the same one resumes where it left off.
    if (connection?.nodeId !== node.value) connection = new EdgeConnection(node.value, events);
    show("connecting", "connecting…");
    try {
      await connection.connect(keyLabel.hidden ? undefined : key.value.trim());
    } catch (error) {
      if (error instanceof KeyNeeded) {
        keyLabel.hidden = false;
        keyLabel.querySelector("code").textContent = `npm run -s key -- ${node.value}`;
        key.focus();
      }
      show("failed", error.message);
    }
  };

  connectionForm.addEventListener("submit", (event) => {
    event.preventDefault();
    if (section.dataset.state === "online") connection.close();
    else void connect();
  });
  node.addEventListener("input", () => {
    section.setAttribute("aria-label", node.value);
    toggle.textContent = canBringBack() ? "Bring back" : "Connect";
  });
  messageForm.addEventListener("submit", (event) => {
    event.preventDefault();
    const { to, text } = messageForm.elements;
    const entry = append("sending", `→ ${to.value}: ${text.value}`, "sending…");
    sent.set(connection.send(to.value, text.value), entry);
    text.value = "";
    text.focus();
  });
  document.getElementById("nodes").append(section);
}

function asText(payload) {
  return typeof payload === "string" ? payload : JSON.stringify(payload ?? null);
}

addPanel("alice", "bob");
addPanel("bob", "alice");
