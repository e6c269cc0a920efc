/**
 * A way to the operator's own webhook under `npm run serve`, at whichever address, private ones included. To nothing else: what goes to
 * another origin than that of URL is refused, and a redirect is handed back, since it may lead into the network behind.
 */
export default {
  async fetch(request, env) {
    if (new URL(request.url).origin !== URL.parse(env.URL)?.origin) {
      throw new Error("only the webhook's own origin is reached this way");
    }
    return fetch(request, { redirect: "manual" });
  },
};
