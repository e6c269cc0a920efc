/** For tests of providers: in production all is as it is without. */
export interface CallOptions {
  /** How long one call may take, ms. */
  limitMs?: number;
  /** The clock, ms. */
  now?: () => number;
}
