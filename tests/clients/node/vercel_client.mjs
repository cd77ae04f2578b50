/* Vercel AI SDK with @helicone/ai-sdk-provider, which knows a Helicone key and no other. */

import { createHelicone } from "@helicone/ai-sdk-provider";
import { generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { QUESTION, all, headersFor, run } from "./harness.mjs";

const getWeather = tool({
  description: "The weather in a city.",
  inputSchema: z.object({ city: z.string(), days: z.number().int() }),
  execute: async ({ city, days }) => `21 degrees in ${city} for ${days} days`,
});

/** Returns the settings of a call by the AI SDK at `target`. */
function settings(target, scenario, model = "gpt-4o") {
  // The provider adds /v1/chat/completions by itself.
  const helicone = createHelicone({
    apiKey: target.openai_key,
    baseURL: target.openai_url.replace(/\/v1$/, ""),
    headers: headersFor(target, scenario),
  });
  return { model: helicone(model), prompt: QUESTION, maxRetries: 0 };
}

await run({
  async generate(target) {
    const answer = await generateText(settings(target));
    return [answer.text, answer.finishReason, answer.usage];
  },
  async model_and_provider(target) {
    return (await generateText(settings(target, {}, target.model_and_provider))).text;
  },
  async stream(target) {
    const answer = streamText(settings(target, { words: 30 }));
    return [await all(answer.textStream), await answer.finishReason];
  },
  async tools(target) {
    const answer = await generateText({
      ...settings(target),
      tools: { getWeather },
      stopWhen: stepCountIs(3),
    });
    return [answer.text, answer.steps.map((step) => [step.toolCalls, step.toolResults, step.usage])];
  },
  async stream_tools(target) {
    const answer = streamText({ ...settings(target), tools: { getWeather } });
    return [await answer.toolCalls, await answer.finishReason];
  },
  async object(target) {
    const schema = z.object({ city: z.string(), degrees: z.number() });
    const answer = await generateObject({ ...settings(target), schema });
    return [answer.object, answer.usage];
  },
  async error_rate_limited(target) {
    return generateText(settings(target, { status: 429 }));
  },
});
