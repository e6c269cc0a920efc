/** Half of a session comes and goes, the edge dies five times, and every member ends with the whole session in order. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, startEdge } from "../support/edge.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { readSessionFiles } from "../support/session-files.ts";
import { WHOLE } from "../support/session-judge.ts";
import { SessionLoad } from "../support/session-load.ts";
import { SessionUnrest } from "../support/session-unrest.ts";

const MEMBERS = 60;
/** Members from 0 on, the later half of whom come and go. */
const SPEAKERS = 20;
const RESTLESS = { from: 10, to: 39 };
const MESSAGES = 5_000;
const KILLS = 5;

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
}, 90_000);
afterAll(() => edge.close());

test(
  "cuts and five SIGKILLs: none lost, none twice, one order, no more rows than messages",
  { timeout: 300_000 },
  async () => {
    const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 32));
    console.log(`SEED=${seed}`);
    const random = new SeededRandom(seed);
    const moments = Array.from({ length: KILLS }, () => Math.floor(MESSAGES * (0.05 + 0.9 * random.next()))).sort(
      (a, b) => a - b,
    );
    // One member is not there before the end, so that the log keeps every row that is written.
    const load = await SessionLoad.connect(edge, "restless", {
      members: MEMBERS,
      speakers: SPEAKERS,
      messages: MESSAGES,
      inFlight: 10,
      reconnects: (index) => index < RESTLESS.from || index > RESTLESS.to,
      online: MEMBERS - 1,
    });
    const unrest = new SessionUnrest(load.clients.slice(RESTLESS.from, RESTLESS.to + 1), random);
    load.onAck = () => unrest.stir();
    load.start();
    for (const moment of moments) {
      await load.ackedAtLeast(moment, 60_000);
      console.log(`kill at ${load.progress()}, ${unrest.away} of ${unrest.size} away`);
      await edge.restart();
    }
    await load.ackedAtLeast(Math.floor(MESSAGES * 0.95), 60_000);
    await unrest.end();
    await load.until(() => load.acked >= MESSAGES && load.received >= load.deliveries - MESSAGES, 60_000, "the end");
    console.log(
      `${unrest.cuts} cuts, on average ${Math.round(100 * unrest.awayShare)}% of the restless away; ` +
        `${load.repeats} of ${load.received + load.repeats} receipts were repeats that the clients dropped`,
    );
    expect(unrest.awayShare).toBeGreaterThan(0.3);

    await edge.stop();
    const kept = await readSessionFiles(edge.data);
    console.log(`${kept.logRows} log rows hold ${kept.logMessages} messages`);
    expect(kept.logMessages).toBeGreaterThanOrEqual(MESSAGES);
    expect(kept.logRows).toBeLessThanOrEqual(MESSAGES);
    expect(kept).toMatchObject({ sessions: 1, memberships: MEMBERS });

    await edge.restart();
    load.clients.push(await load.client(MEMBERS - 1));
    await load.until(() => load.received >= load.deliveries, 30_000, "the last member's share");
    expect(load.judge.verdict({ strict: false })).toEqual(WHOLE);
    expect(load.clients.flatMap((client) => client.violations)).toEqual([]);
    expect(load.clients.flatMap((client) => [...client.refused])).toEqual([]);
    expect(load.clients.flatMap((client) => client.gaps)).toEqual([]);
    await load.logIs(0, 10_000);
    await load.close();
    await edge.stop();
    expect(await readSessionFiles(edge.data)).toMatchObject({ logRows: 0, behind: 0, unread: 0 });
  },
);
