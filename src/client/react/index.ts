"use client";
/**
 * Allspark for React, `allspark/react`: a provider that holds the connection, and hooks. Guide: docs/client.md.
 * @module
 */
export { type AllsparkContextValue, useAllspark } from "./use-allspark.ts";
export { AllsparkProvider, type AllsparkProviderProps } from "./provider.tsx";
export { type UseMessagesOptions, useMessages } from "./use-messages.ts";
export { type UseSessionOptions, useSession } from "./use-session.ts";
export type { SessionState } from "./watched-session.ts";
