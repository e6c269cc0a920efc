/** What the master of a game writes for its members. */

/**
 * The state of a game: one JSON value that the master writes. `version` 0 means that none was written.
 *
 * @example
 * ```ts
 * import { Allspark, type GameState } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * const board: GameState<{ turn: number }> = await allspark.sessions.readState("game-1");
 * console.log(board.state?.turn);
 * ```
 */
export interface GameState<T = unknown> {
  readonly state: T | undefined;
  readonly version: number;
  readonly fencingNumber: number;
  readonly writtenAt: number | null;
}
