/* anthropic-node. */

import Anthropic from "@anthropic-ai/sdk";
import { QUESTION, WEATHER, all, badKey, headersFor, run } from "./harness.mjs";

const ask = { model: "claude-sonnet-4-5", max_tokens: 200, messages: [{ role: "user", content: QUESTION }] };
const tools = [{ name: "get_weather", description: "The weather in a city.", input_schema: WEATHER }];

/** Returns the SDK set up for `target`, without retries of its own. */
function client(target, scenario) {
  return new Anthropic({
    apiKey: target.anthropic_key,
    baseURL: target.anthropic_url,
    defaultHeaders: headersFor(target, scenario),
    maxRetries: 0,
    timeout: 10_000,
  });
}

await run({
  async message(target) {
    const { data, response } = await client(target, { cached: 40, cache_write: 20 })
      .messages.create(ask)
      .withResponse();
    return [data, response.headers.get("anthropic-ratelimit-tokens-remaining")];
  },
  async stream(target) {
    const events = client(target, { words: 200 }).messages.stream(ask);
    return [(await all(events)).map((event) => event.type), await events.finalMessage()];
  },
  async tools(target) {
    return client(target, { calls: 2 }).messages.create({ ...ask, tools });
  },
  async stream_tools(target) {
    return client(target).messages.stream({ ...ask, tools }).finalMessage();
  },
  async thinking(target) {
    const thinking = { type: "enabled", budget_tokens: 1024 };
    return client(target).messages.create({ ...ask, max_tokens: 4000, thinking });
  },
  async count_tokens(target) {
    return client(target).messages.countTokens({ model: ask.model, messages: ask.messages });
  },
  async models(target) {
    return (await all(client(target).models.list())).map((model) => model.id);
  },
  async error_wrong_key(target) {
    return client({ ...target, anthropic_key: badKey(target.anthropic_key) }).messages.create(ask);
  },
  async error_overloaded(target) {
    return client(target, { status: 529 }).messages.create(ask);
  },
  async error_in_stream(target) {
    return all(await client(target, { error_after: 4 }).messages.create({ ...ask, stream: true }));
  },
});
