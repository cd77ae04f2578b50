/* The Vercel AI SDK's telemetry over OpenTelemetry for JavaScript, in protobuf and in JSON.
 * The twin of ../python/tracing.py, with the same input and output. */

import { readFileSync } from "node:fs";
import { createHelicone } from "@helicone/ai-sdk-provider";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

const job = JSON.parse(readFileSync(0, "utf8"));
const Exporter = job.encoding === "json" ? JsonExporter : ProtobufExporter;
const exporter = new Exporter({
  url: job.traces_url,
  headers: { Authorization: `Bearer ${job.helicone_key}` },
  compression: "gzip",
});
const sent = [];
const recorder = {
  export(spans, done) {
    exporter.export(spans, (result) => {
      if (result.code !== 0) throw result.error;
      sent.push(...spans);
      done(result);
    });
  },
  shutdown: () => exporter.shutdown(),
  forceFlush: () => exporter.forceFlush(),
};
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ "service.name": "client-tests" }),
  spanProcessors: [new BatchSpanProcessor(recorder)],
});
provider.register();

const model = createHelicone({
  apiKey: "sk-fake-client",
  baseURL: job.openai_url.replace(/\/v1$/, ""),
  headers: { "x-fake-scenario": `marker=${job.marker}` },
})("gpt-4o");
const getWeather = tool({
  description: "The weather in a city.",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `21 degrees in ${city}`,
});
const telemetry = {
  isEnabled: true,
  functionId: "forecast",
  metadata: { userId: "ada", sessionId: "s-1", stage: "beta" },
};
const settings = { model, maxRetries: 0, prompt: "Grüße 🥨: the weather?", experimental_telemetry: telemetry };
await generateText({ ...settings, tools: { getWeather }, stopWhen: stepCountIs(3) });
for await (const _ of streamText(settings).textStream);
await provider.forceFlush();

const nanoseconds = ([seconds, rest]) => String(BigInt(seconds) * 1_000_000_000n + BigInt(rest));
process.stdout.write(
  JSON.stringify({
    spans: sent.map((span) => ({
      name: span.name,
      trace_id: span.spanContext().traceId,
      span_id: span.spanContext().spanId,
      parent_span_id: span.parentSpanContext?.spanId ?? "",
      start_ns: nanoseconds(span.startTime),
      end_ns: nanoseconds(span.endTime),
      attributes: span.attributes,
      events: span.events.map((event) => event.name),
      is_error: span.status.code === 2,
    })),
  }),
);
