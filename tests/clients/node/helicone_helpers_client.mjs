/* @helicone/helpers: Helicone's own logger for Node, with what its users log. */

import helpers from "@helicone/helpers";
import OpenAI from "openai";
import { QUESTION, run } from "./harness.mjs";

const REQUEST = { model: "gpt-4o", messages: [{ role: "user", content: QUESTION }] };
const STREAMED = { ...REQUEST, stream: true, stream_options: { include_usage: true } };

/** Returns the logger, with nothing changed but where it logs. */
function logger(target) {
  const loggingEndpoint = `${target.log_url}/custom/v1/log`;
  return new helpers.HeliconeManualLogger({ apiKey: target.helicone_key, loggingEndpoint });
}

/** Returns the SDK, straight at the provider. */
function client(target) {
  const defaultHeaders = { "x-fake-scenario": `marker=${target.marker} words=30` };
  return new OpenAI({ apiKey: target.openai_key, baseURL: target.openai_url, defaultHeaders, maxRetries: 0 });
}

/** Logs `request` with an answer that is at hand. */
function log(target, request, answer, provider) {
  const record = async (recorder) => recorder.appendResults(answer);
  return logger(target).logRequest(request, record, target.extra_headers, provider);
}

await run({
  async chat(target) {
    const ask = async (recorder) =>
      recorder.appendResults(await client(target).chat.completions.create(REQUEST));
    await logger(target).logRequest(REQUEST, ask, target.extra_headers, "OPENAI");
  },
  async message(target) {
    const usage = { input_tokens: 10, cache_read_input_tokens: 30, output_tokens: 3 };
    const answer = { type: "message", content: [{ type: "text", text: "Hi" }], usage };
    await log(target, { ...REQUEST, model: "claude-sonnet-4-5" }, answer, "ANTHROPIC");
  },
  async gemini(target) {
    const usageMetadata = { promptTokenCount: 40, candidatesTokenCount: 3 };
    const answer = { candidates: [{ content: { parts: [{ text: "Hi" }] } }], usageMetadata };
    const contents = [{ role: "user", parts: [{ text: QUESTION }] }];
    await log(target, { model: "gemini-2.5-flash", contents }, answer, "GOOGLE");
  },
  async builder_stream(target) {
    const builder = logger(target).logBuilder(STREAMED, target.extra_headers);
    const stream = await client(target).chat.completions.create(STREAMED);
    for await (const _ of builder.toReadableStream(stream));
    await builder.sendLog();
  },
  async attached_stream(target) {
    const builder = logger(target).logBuilder(STREAMED, target.extra_headers);
    await builder.attachStream(await client(target).chat.completions.create(STREAMED));
    await builder.sendLog();
  },
  async recorded_stream(target) {
    const record = async (recorder) => {
      const stream = await client(target).chat.completions.create(STREAMED);
      recorder.attachStream(stream.toReadableStream());
    };
    await logger(target).logStream(STREAMED, record, target.extra_headers);
  },
  async cancelled_stream(target) {
    const builder = logger(target).logBuilder(STREAMED, target.extra_headers);
    const stream = await client(target).chat.completions.create(STREAMED);
    const reader = builder.toReadableStream(stream).getReader();
    for (let n = 0; n < 3; n += 1) await reader.read();
    await reader.cancel();
    await builder.sendLog();
  },
  async error(target) {
    const builder = logger(target).logBuilder(REQUEST, target.extra_headers);
    builder.setError(new TypeError("the model is tired"));
    await builder.sendLog();
  },
  async text(target) {
    const options = { additionalHeaders: target.extra_headers, latencyMs: 2500 };
    await logger(target).logSingleRequest({ prompt: QUESTION }, "It rains.", options);
  },
  async tool(target) {
    const request = { _type: "tool", toolName: "get_weather", input: { city: "Oslo" } };
    await log(target, request, { degrees: 21 });
  },
  async vector_db(target) {
    const request = { _type: "vector_db", operation: "search", text: QUESTION, vector: [0.1], topK: 3 };
    await log(target, request, { status: "success", message: "3 found" });
  },
  async data(target) {
    await log(target, { _type: "data", name: "cleaning", meta: { rows: 3 } }, { rows: 2 });
  },
});
