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
  document?.addEventListener?.("visibilitychange", seen);
  page.addEventListener?.("online", woken);
  page.addEventListener?.("pageshow", woken);
  return () => {
    document?.removeEventListener?.("visibilitychange", seen);
    page.removeEventListener?.("online", woken);
    page.removeEventListener?.("pageshow", woken);
  };
}
