/** Push targets: the exact calls, and what a service worker is asked. */
import { expect } from "vitest";
import { test } from "./edge-test.ts";

test("targets are put and deleted by kind", async ({ edge, client }) => {
  edge.answers.set("PUT /v1/nodes/alice/push-targets/fcm", {});
  edge.answers.set("DELETE /v1/nodes/alice/push-targets/fcm", {});
  const allspark = client();
  await allspark.connect();
  await allspark.push.add({ kind: "fcm", token: "t" });
  await allspark.push.remove("fcm");
  await allspark.push.remove("fcm", "t t");
  expect(edge.calls.slice(1).map(({ method, path, body }) => [method, path, body])).toEqual([
    ["PUT", "/v1/nodes/alice/push-targets/fcm", { kind: "fcm", token: "t" }],
    ["DELETE", "/v1/nodes/alice/push-targets/fcm", undefined],
    ["DELETE", "/v1/nodes/alice/push-targets/fcm?token=t+t", undefined],
  ]);
});

const subscription = (name: string) => ({ toJSON: () => ({ endpoint: name }) });

test.for([
  ["the page's subscription, where it has one", subscription("found"), "found", []],
  ["a new one, where it has none", null, "made", [{ userVisibleOnly: true, applicationServerKey: "key" }]],
] as const)("registerWebPush registers %s", async ([, found, endpoint, asked], { edge, client }) => {
  edge.answers.set("PUT /v1/nodes/alice/push-targets/webpush", {});
  const allspark = client();
  await allspark.connect();
  const options: unknown[] = [];
  const pushManager = {
    getSubscription: async () => found,
    subscribe: async (given: unknown) => {
      options.push(given);
      return subscription("made");
    },
  };
  await allspark.push.registerWebPush({ pushManager }, { applicationServerKey: "key" });
  expect(options).toEqual(asked);
  expect(edge.calls.at(-1)!.body).toEqual({ kind: "webpush", subscription: { endpoint } });
});

test("a browser that does not subscribe is an AllsparkError, with its error as the cause", async ({ edge, client }) => {
  const denied = new Error("permission denied");
  const pushManager = { getSubscription: async () => null, subscribe: () => Promise.reject(denied) };
  const allspark = client();
  await allspark.connect();
  await expect(allspark.push.registerWebPush({ pushManager }, { applicationServerKey: "key" })).rejects.toMatchObject({
    name: "AllsparkError",
    code: "FORBIDDEN",
    message: "the browser did not subscribe: permission denied",
    cause: denied,
  });
  expect(edge.calls).toHaveLength(1);
});
