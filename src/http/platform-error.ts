/**
 * Did the platform, and not our code, fail a call to an object? Such a call may succeed when made
 * again. The flags are set by the runtime on what a stub throws
 * (developers.cloudflare.com/durable-objects/best-practices/error-handling).
 */
export function isPlatformError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { overloaded, retryable, durableObjectReset } = error as Error &
    Record<"overloaded" | "retryable" | "durableObjectReset", unknown>;
  return overloaded === true || retryable === true || durableObjectReset === true;
}
