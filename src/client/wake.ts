/** Tells when a page becomes visible or the network returns: moments when a socket may be dead, or a delay too long. */
interface EventSource {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/** Answers what stops it. Does nothing where there are no such events. */
export function onWake(woken: () => void): () => void {
  const { document } = globalThis as { document?: EventSource & { visibilityState?: string } };
  const seen = () => {
    if (document?.visibilityState === "visible") woken();
  };
  const page = globalThis as EventSource;
  const events = [
    [document, "visibilitychange", seen],
    [page, "online", woken],
    [page, "pageshow", woken],
  ] as const;
  for (const [source, type, listener] of events) source?.addEventListener?.(type, listener);
  return () => {
    for (const [source, type, listener] of events) source?.removeEventListener?.(type, listener);
  };
}
