/* openai-node. */

import OpenAI, { toFile } from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { QUESTION, WEATHER, all, badKey, headersFor, run } from "./harness.mjs";

const MODEL = "gpt-4o";
const messages = [
  { role: "system", content: "Be brief." },
  { role: "user", content: QUESTION },
];
const weather = { name: "get_weather", description: "The weather in a city.", parameters: WEATHER };
const tools = [{ type: "function", function: weather }];
const Forecast = z.object({ city: z.string(), degrees: z.number(), warnings: z.array(z.string()) });

/** Returns the SDK set up for `target`, without retries of its own. */
function client(target, scenario) {
  return new OpenAI({
    apiKey: target.openai_key,
    baseURL: target.openai_url,
    defaultHeaders: headersFor(target, scenario),
    maxRetries: 0,
    timeout: 10_000,
  });
}

await run({
  async chat(target) {
    const { data, response } = await client(target, { cached: 64, reasoning: 5 })
      .chat.completions.create({ model: MODEL, messages, n: 2 })
      .withResponse();
    return [data, response.headers.get("x-ratelimit-remaining-tokens"), response.headers.get("content-type")];
  },
  async stream(target) {
    const events = client(target).chat.completions.stream({
      model: MODEL,
      messages,
      stream_options: { include_usage: true },
    });
    return [await all(events), await events.finalChatCompletion()];
  },
  async stream_without_usage(target) {
    return all(await client(target).chat.completions.create({ model: MODEL, messages, stream: true }));
  },
  async tools(target) {
    const called = [];
    const runner = client(target).chat.completions.runTools({
      model: MODEL,
      messages,
      tools: [
        {
          type: "function",
          function: { ...weather, parse: JSON.parse, function: (args) => (called.push(args), "21 degrees") },
        },
      ],
    });
    return [await runner.finalContent(), called, runner.messages];
  },
  async stream_tools(target) {
    const events = client(target, { calls: 2 }).chat.completions.stream({ model: MODEL, messages, tools });
    return events.finalChatCompletion();
  },
  async parsed(target) {
    return client(target).chat.completions.parse({
      model: "gpt-4o-mini",
      messages,
      response_format: zodResponseFormat(Forecast, "forecast"),
    });
  },
  async responses(target) {
    const answer = await client(target, { cached: 32 }).responses.create({
      model: "gpt-5",
      input: QUESTION,
      reasoning: { effort: "low", summary: "auto" },
      tools: [{ type: "function", strict: false, ...weather }],
    });
    return [answer, answer.output_text];
  },
  async responses_stream(target) {
    const events = client(target).responses.stream({ model: "gpt-5", input: QUESTION });
    return [(await all(events)).map((event) => event.type), await events.finalResponse()];
  },
  async responses_parsed(target) {
    const text = { format: zodTextFormat(Forecast, "forecast") };
    return (await client(target).responses.parse({ model: "gpt-5", input: QUESTION, text })).output_parsed;
  },
  async embeddings(target) {
    return client(target).embeddings.create({
      model: "text-embedding-3-small",
      input: ["eins", "zwei"],
      dimensions: 32,
    });
  },
  async models(target) {
    return (await all(client(target).models.list())).map((model) => model.id);
  },
  async images(target) {
    return client(target).images.generate({ model: "gpt-image-1", prompt: "A fox", size: "1024x1024" });
  },
  async speech(target) {
    const answer = await client(target).audio.speech.create({
      model: "gpt-4o-mini-tts",
      voice: "alloy",
      input: QUESTION,
    });
    return Buffer.from(await answer.arrayBuffer()).toString("hex");
  },
  async transcription(target) {
    return client(target).audio.transcriptions.create({
      model: "gpt-4o-transcribe",
      file: await toFile(Buffer.alloc(4000), "said.wav"),
    });
  },
  async files(target) {
    const files = client(target).files;
    const made = await files.create({ file: await toFile(Buffer.from('{"line": 1}\n'), "batch.jsonl"), purpose: "batch" });
    const content = await (await files.content(made.id)).text();
    return [made, await files.retrieve(made.id), content, await files.delete(made.id)];
  },
  async error_wrong_key(target) {
    return client({ ...target, openai_key: badKey(target.openai_key) }).chat.completions.create({
      model: MODEL,
      messages,
    });
  },
  async error_rate_limited(target) {
    return client(target, { status: 429 }).chat.completions.create({ model: MODEL, messages });
  },
  async error_of_server(target) {
    return client(target, { status: 500 }).chat.completions.create({ model: MODEL, messages });
  },
  async error_in_stream(target) {
    const scenario = { error_after: 4 };
    return all(await client(target, scenario).chat.completions.create({ model: MODEL, messages, stream: true }));
  },
});
