/**
 * A worker for the tests of the queue's stand-in: POST /BINDING sends what it is told to, and its consumer does with each message what
 * the message itself says in `plan`, one step an attempt, after it has told COLLECTOR of the batch and had an answer.
 */
export default {
  async fetch(request, env) {
    const queue = env[new URL(request.url).pathname.slice(1)];
    const { messages, options, text, bytes, v8 } = await request.json();
    try {
      if (messages !== undefined) await queue.sendBatch(messages, options);
      if (text !== undefined) await queue.send(text, { contentType: "text" });
      if (bytes !== undefined) await queue.send(Uint8Array.from(bytes), { contentType: "bytes" });
      if (v8 !== undefined) await queue.send(v8, { contentType: "v8" });
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
    return new Response("sent");
  },

  async queue(batch, env, ctx) {
    const messages = batch.messages.map(({ id, attempts, body, timestamp }) => {
      const shown = body instanceof ArrayBuffer ? { bytes: [...new Uint8Array(body)] } : body;
      return { id, attempts, body: shown, sentAt: timestamp.getTime() };
    });
    const backlog = batch.metadata.metrics.backlogCount;
    await fetch(env.COLLECTOR, { method: "POST", body: JSON.stringify({ queue: batch.queue, backlog, messages }) });
    let fails = false;
    for (const message of batch.messages) {
      const step = message.body.plan?.[message.attempts - 1];
      if (step === "ack") message.ack();
      if (step === "ack, then retry") message.ack();
      if (step?.startsWith("retry") || step === "ack, then retry") message.retry(delayIn(step));
      if (step?.startsWith("all again")) batch.retryAll(delayIn(step));
      if (step === "all done") batch.ackAll();
      if (step === "fail later") ctx.waitUntil(Promise.reject(new Error("later")));
      fails ||= step === "throw";
    }
    if (fails) throw new Error("as planned");
  },
};

/** "retry in 2" → a delay of two seconds. */
function delayIn(step) {
  const seconds = /in (\d+)$/.exec(step)?.[1];
  return seconds === undefined ? undefined : { delaySeconds: Number(seconds) };
}
