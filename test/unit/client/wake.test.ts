/** A page that becomes visible, or a network that returns: probe what looks open, and wait no longer. */
import { afterEach, expect, vi } from "vitest";
import { onWake } from "../../../src/client/wake.ts";
import { inState, test } from "./edge-test.ts";

afterEach(() => vi.unstubAllGlobals());

/** A page whose events the test fires. */
function page() {
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const window = new EventTarget();
  let listeners = 0;
  vi.stubGlobal("document", document);
  vi.stubGlobal("addEventListener", (type: string, listener: EventListener) => {
    listeners++;
    window.addEventListener(type, listener);
  });
  vi.stubGlobal("removeEventListener", (type: string, listener: EventListener) => {
    listeners--;
    window.removeEventListener(type, listener);
  });
  return {
    document,
    listeners: () => listeners,
    fire: (type: string) => (type === "visibilitychange" ? document : window).dispatchEvent(new Event(type)),
  };
}

test.for(["visibilitychange", "online", "pageshow"])("%s tries again at once", async (type, { edge, client }) => {
  const { fire } = page();
  const allspark = client({ reconnectBaseMs: 1e6, reconnectCapMs: 1e6 });
  await allspark.connect();
  edge.connection.cut();
  await inState(allspark, "waiting");
  fire(type);
  await edge.connected(2);
});

test("a connection that looks open is probed", async ({ edge, client }) => {
  const { fire } = page();
  await client().connect();
  expect(edge.connection.pings).toBe(0);
  fire("online");
  await edge.until(() => edge.connection.pings === 1, "a ping");
});

test("a page that is hidden wakes nothing, nor does one that was left alone", () => {
  const { document, fire } = page();
  let woken = 0;
  const stop = onWake(() => woken++);
  document.visibilityState = "hidden";
  fire("visibilitychange");
  expect(woken).toBe(0);
  fire("online");
  expect(woken).toBe(1);
  stop();
  document.visibilityState = "visible";
  for (const type of ["visibilitychange", "online", "pageshow"]) fire(type);
  expect(woken).toBe(1);
});

test("a closed client is not woken, and leaves no listeners", async ({ edge, client }) => {
  const { fire, listeners } = page();
  const allspark = client();
  await allspark.connect();
  expect(listeners()).toBe(2);
  await allspark.close();
  expect(listeners()).toBe(0);
  fire("online");
  await client().connect();
  expect(edge.connections).toHaveLength(2);
  expect(allspark.status.state).toBe("closed");
});
