/** Who may do what (PROTOCOL §6), by every path there is, and what the others are answered. */
import { expect, test } from "vitest";
import { expectError, newId } from "../http/edge.ts";
import { app, as, created, infoOf, joined, type Who } from "./calls.ts";

type Role = "owner" | "member" | "stranger" | "app";

interface Scene {
  sessionId: string;
  /** Another known member than the one who calls. */
  other: string;
  who: Who;
}

interface Action {
  name: string;
  may: readonly Role[];
  /** The same by every path there is. */
  calls: (scene: Scene) => readonly [method: string, path: string, body?: object][];
  answers: (scene: Scene) => unknown;
}

const v1 = (sessionId: string, rest = "") => `/v1/sessions/${sessionId}${rest}`;

const ACTIONS: readonly Action[] = [
  {
    name: "join another",
    may: ["owner", "app"],
    calls: ({ sessionId, other }) => [
      ["PUT", v1(sessionId, `/members/${other}`)],
      ["POST", "/join_session", { session_id: sessionId, node_id: other }],
      ["GET", `/join_session?session_id=${sessionId}&node_id=${other}`],
    ],
    answers: ({ other }) => [other, null],
  },
  {
    name: "remove another",
    may: ["owner", "app"],
    calls: ({ sessionId, other }) => [
      ["DELETE", v1(sessionId, `/members/${other}`)],
      ["POST", "/unjoin_session", { session_id: sessionId, node_id: other }],
      ["GET", `/unjoin_session?session_id=${sessionId}&node_id=${other}`],
    ],
    answers: () => ({ removed: true }),
  },
  {
    name: "leave",
    may: ["owner", "member", "stranger", "app"],
    calls: ({ sessionId, who }) => [
      ["DELETE", v1(sessionId, `/members/${who.nodeId}`)],
      ["POST", "/unjoin_session", { session_id: sessionId }],
      ["GET", `/unjoin_session?session_id=${sessionId}`],
    ],
    answers: () => ({ removed: expect.any(Boolean) }),
  },
  {
    name: "read the info",
    may: ["owner", "member", "app"],
    calls: ({ sessionId }) => [
      ["GET", v1(sessionId)],
      ["POST", "/get_session_info", { session_id: sessionId }],
      ["GET", `/get_session_info?session_id=${sessionId}`],
    ],
    answers: ({ sessionId }) => expect.objectContaining({ session_id: sessionId, member_count: 3 }),
  },
  {
    name: "reveal itself",
    may: ["owner", "member"],
    calls: ({ sessionId }) => [
      ["POST", v1(sessionId, "/reveal")],
      ["POST", "/reveal_anonymity", { session_id: sessionId }],
      ["GET", `/reveal_anonymity?session_id=${sessionId}`],
    ],
    answers: ({ who }) => [who.nodeId, null],
  },
  {
    name: "read the history",
    may: ["owner", "member", "app"],
    calls: ({ sessionId }) => [["GET", v1(sessionId, "/history")]],
    answers: () => expect.objectContaining({ more: false }),
  },
  {
    name: "read the state",
    may: ["owner", "member", "app"],
    calls: ({ sessionId }) => [["GET", v1(sessionId, "/state")]],
    answers: () => ({ version: 0, fencing_number: 1, written_at: null }),
  },
  {
    name: "say something",
    may: ["owner", "member", "app"],
    calls: ({ sessionId }) => [["POST", v1(sessionId, "/messages"), { payload: { type: 1 } }]],
    answers: () => ({ status: "stored" }),
  },
  {
    name: "close it",
    may: ["owner", "app"],
    calls: ({ sessionId }) => [["DELETE", v1(sessionId)]],
    answers: () => ({ members: 3 }),
  },
];

/** A game, since that has everything, of an owner and two members that are never online. */
async function scene(role: Role, sessionType: number): Promise<Scene> {
  const [owner, member, other] = [newId("owner"), newId("member"), newId("other")];
  const sessionId = await created(owner, { session_type: sessionType, history_messages: 100 });
  await joined(sessionId, member, {}, owner);
  await joined(sessionId, other, {}, owner);
  const roles: Record<Role, Who> = {
    owner: { nodeId: owner },
    member: { nodeId: member },
    stranger: { nodeId: newId("stranger") },
    app: app(),
  };
  return { sessionId, other, who: roles[role] };
}

const ROLES: readonly Role[] = ["owner", "member", "stranger", "app"];

async function expectAnswer(response: Response, answered: unknown): Promise<void> {
  expect({ status: response.status, body: await response.json() }).toEqual({ status: 200, body: answered });
}

async function expectRefusal(response: Response, { sessionId, other }: Scene): Promise<void> {
  await expectError(response, "SESSION_UNAUTHORIZED");
  // And nothing has happened.
  expect(await infoOf(sessionId, other)).toMatchObject({ member_count: 3, last_session_seq: 2 });
}

test.each(ACTIONS.flatMap((action) => ROLES.map((role) => ({ action: action.name, role, ...action }))))(
  "$action: $role",
  async ({ may, role, calls, answers }) => {
    const { length } = calls(await scene(role, 1));
    for (let i = 0; i < length; i++) {
      // Each call finds the session as it was at the start.
      const made = await scene(role, 1);
      const [method, path, body] = calls(made)[i]!;
      const response = await as(made.who, method, path, body);
      await (may.includes(role) ? expectAnswer(response, answers(made)) : expectRefusal(response, made));
    }
  },
);

test.each(ROLES)("%s asks for a session that is not there", async (role) => {
  const made = await scene(role, 0);
  const sessionId = newId("none");
  for (const { calls } of ACTIONS) {
    for (const [method, path, body] of calls({ ...made, sessionId })) {
      await expectError(await as(made.who, method, path, body), "SESSION_UNKNOWN");
    }
  }
});

test("without a key, or without naming the session, nothing is answered", async () => {
  const node = newId("node");
  for (const path of ["/join_session", "/unjoin_session", "/get_session_info", "/reveal_anonymity"]) {
    expect(await expectError(await as(node, "POST", path, {}), "BAD_REQUEST")).toContain("session_id");
    const named = await as(node, "POST", path, { session_id: "x".repeat(129) });
    expect(await expectError(named, "BAD_REQUEST")).toContain("session_id");
  }
});
