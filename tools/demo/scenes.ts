/** What the recorded terminal session of the README does: the first two minutes with a fresh edge. */

export interface Scene {
  /** As it is typed, in one shell for all scenes. */
  command: string;
  /** It stays in the background: the next one is typed when this has been printed. */
  until?: RegExp;
}

export const SCENES: readonly Scene[] = [
  { command: "npx allspark doctor" },
  { command: 'npx allspark send --as alice bob "hello bob"' },
  { command: "npx allspark inbox --as bob" },
  { command: "npx allspark listen --as bob --count 2 &", until: /alice: hello bob/ },
  { command: 'npx allspark send --as alice bob "are you there?"' },
  { command: "S=$(npx allspark session create --as alice --anyone-can-join)" },
  { command: "npx allspark session join $S --as bob --anonymous" },
  { command: 'npx allspark send --as bob --session $S "guess who"' },
  { command: "npx allspark listen --as alice --count 1" },
  { command: "npx allspark bench --nodes 20 --messages 5000 2>/dev/null" },
];
