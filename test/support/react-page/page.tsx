/**
 * A small app on `allspark/react`, for tests to drive in a browser: which parts are mounted, and with what, stands in its form.
 * `start(settings)` is called by the test.
 */
import { Allspark, type AllsparkOptions, type JoinOptions } from "allspark/client";
import { AllsparkProvider, useAllspark, useMessages, type UseMessagesOptions, useSession } from "allspark/react";
import { type ReactNode, StrictMode, useRef, useState } from "react";
import { createRoot } from "react-dom/client";

export interface PageSettings {
  options: AllsparkOptions;
  /** Given to the provider as a client rather than as options. */
  asClient?: boolean;
  /** The store cannot be opened. */
  brokenStore?: boolean;
  strict: boolean;
  /** What is mounted at first, by name of the part. */
  parts: string[];
  session?: string;
  join?: boolean | JoinOptions;
  select?: { session?: string; from?: string; limit?: number; textWith?: string };
}

const BROKEN = {
  load: (): never => {
    throw new Error("the disk is full");
  },
  write: () => {},
};

function Connection(): ReactNode {
  const { status, nodeId } = useAllspark();
  return (
    <p role="status">
      {status.state} {nodeId} {status.state === "failed" ? status.error.message : ""}
    </p>
  );
}

function Messages({ name, select = {} }: { name: string; select?: PageSettings["select"] }): ReactNode {
  const { textWith, ...rest } = select;
  // A new function each time, as apps write it.
  const filter =
    textWith === undefined ? undefined : { filter: (m: { payload: unknown }) => String(m.payload).includes(textWith) };
  const options: UseMessagesOptions = { ...rest, ...filter };
  const messages = useMessages(options);
  const draws = useRef(0);
  draws.current++;
  return (
    <ol aria-label={name} data-draws={draws.current}>
      {messages.map((message, i) => (
        <li key={i}>{`${message.from}: ${String(message.payload)}`}</li>
      ))}
    </ol>
  );
}

function Session({ id, join }: { id: string | undefined; join?: boolean | JoinOptions }): ReactNode {
  const { info, members, me, isMaster, error, ended, isLoading, send } = useSession(id, { join });
  const [receipt, setReceipt] = useState("");
  const greet = async () => setReceipt(await send({ payload: "hello all" }).then(({ status }) => status, String));
  return (
    <section aria-label="session">
      <p title="id">{info?.sessionId}</p>
      <p title="me">{me === null ? "nobody" : (me.anonymousId ?? me.nodeId)}</p>
      <p title="state">{ended ?? (isLoading ? "loading" : (error?.code ?? "ready"))}</p>
      <p title="master">{String(isMaster)}</p>
      <ul>
        {members.map(({ name, online }) => (
          <li key={name}>{`${name} ${online ?? ""}`}</li>
        ))}
      </ul>
      <button onClick={() => void greet()}>Greet</button>
      <output>{receipt}</output>
    </section>
  );
}

function App({ settings, client }: { settings: PageSettings; client: Allspark | undefined }): ReactNode {
  const [mounted, setMounted] = useState(new Set(settings.parts));
  const [session, setSession] = useState(settings.session);
  const has = (part: string) => mounted.has(part);
  const toggle = (part: string) =>
    setMounted(
      (before) => new Set(before.has(part) ? [...before].filter((other) => other !== part) : [...before, part]),
    );
  const parts = (
    <>
      {has("connection") && <Connection />}
      {has("messages") && <Messages name="messages" {...settings} />}
      {has("all messages") && <Messages name="all messages" />}
      {has("session") && <Session id={session} join={settings.join} />}
    </>
  );
  return (
    <>
      {["provider", "connection", "messages", "all messages", "session"].map((part) => (
        <label key={part}>
          <input type="checkbox" checked={has(part)} onChange={() => toggle(part)} />
          {part}
        </label>
      ))}
      <label>
        id
        <input value={session ?? ""} onChange={({ target }) => setSession(target.value || undefined)} />
      </label>
      {has("provider") &&
        (client === undefined ? (
          <AllsparkProvider {...settings.options}>{parts}</AllsparkProvider>
        ) : (
          <AllsparkProvider client={client}>{parts}</AllsparkProvider>
        ))}
    </>
  );
}

Object.assign(globalThis, {
  start: (settings: PageSettings) => {
    if (settings.brokenStore) settings.options.storage = BROKEN;
    const client = settings.asClient ? new Allspark(settings.options) : undefined;
    Object.assign(globalThis, { client });
    const app = <App settings={settings} client={client} />;
    createRoot(document.body.appendChild(document.createElement("main"))).render(
      settings.strict ? <StrictMode>{app}</StrictMode> : app,
    );
  },
});
