/* The REST client of @helicone/helicone: calls the routes, and checks the answers by the types that it declares. */

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import ts from "typescript";

const { HeliconeAPIClient } = createRequire(import.meta.url)("@helicone/helicone/dist/api/client.js");
const TYPES = "@helicone/helicone/dist/api/generatedTypes/public.js";
const ALL_TIME = { startTimeUnixMs: 0, endTimeUnixMs: Date.now() + 86_400_000 };
const QUERY = { filter: "all", isCached: false, limit: 10, offset: 0, sort: { created_at: "desc" } };

const path = (requestId, more) => ({ params: { path: { requestId, ...more } } });

/* By the names of the operations in its types. */
const CALLS = {
  GetRequests: (client) => client.POST("/v1/request/query", { body: { ...QUERY, includeInputs: false } }),
  FeedbackRequest: (client, job) =>
    client.POST("/v1/request/{requestId}/feedback", { ...path(job.request_id), body: { rating: true } }),
  PutProperty: (client, job) =>
    client.PUT("/v1/request/{requestId}/property", { ...path(job.request_id), body: { key: "Reviewed", value: "yes" } }),
  AddScores: (client, job) =>
    client.POST("/v1/request/{requestId}/score", { ...path(job.request_id), body: { scores: { accuracy: 7 } } }),
  GetRequestAssetById: async (client, job) => {
    const answer = await fetch(`${job.url}/v1/request/${job.request_id}`, {
      headers: { Authorization: `Bearer ${job.key}` },
    });
    const [assetId] = (await answer.json()).data.asset_ids;
    return client.POST("/v1/request/{requestId}/assets/{assetId}", path(job.request_id, { assetId }));
  },
  GetSessions: (client) =>
    client.POST("/v1/session/query", {
      body: { sessionIdContains: "", search: "", timeFilter: ALL_TIME, timezoneDifference: 0, filter: "all" },
    }),
  GetNames: (client) => client.POST("/v1/session/name/query", { body: { nameContains: "", timezoneDifference: 0 } }),
  GetUsers: (client) => client.POST("/v1/user/query", { body: {} }),
  GetUserMetrics: (client) =>
    client.POST("/v1/user/metrics/query", { body: { filter: "all", offset: 0, limit: 10 } }),
};

/** Returns what the compiler has against `answer` as the answer of `operation`. */
function faults(operation, answer) {
  const name = new URL("checked.ts", import.meta.url).pathname;
  const text = `import type { operations } from "${TYPES}";
    type Answer = operations["${operation}"]["responses"][200]["content"]["application/json"];
    declare function is<T extends Answer>(answer: T): void;
    is(${JSON.stringify(answer)});`;
  const options = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (file, ...rest) =>
    file === name ? ts.createSourceFile(file, text, options.target) : getSourceFile(file, ...rest);
  const fileExists = host.fileExists.bind(host);
  host.fileExists = (file) => file === name || fileExists(file);
  const program = ts.createProgram([name], options, host);
  return ts.getPreEmitDiagnostics(program).map((one) => ts.flattenDiagnosticMessageText(one.messageText, "\n"));
}

/** Let its scoring worker score all that has no score yet, and return the ids that it was given. */
async function scored(api) {
  const seen = [];
  const worker = api.scoringWorker();
  const patience = setTimeout(() => worker.stop(), 20_000);
  await worker.start(async (request, bodies) => {
    seen.push({ id: request.request_id, asked: bodies.request.messages[0].content });
    if (seen.length === 2) worker.stop();
    return { scores: { length: 3 } };
  });
  clearTimeout(patience);
  return seen;
}

const job = JSON.parse(readFileSync(0, "utf8"));
const log = console.log;
console.log = (...said) => console.error(...said); // it tells of its progress where our results go
const api = new HeliconeAPIClient({ apiKey: job.key, baseURL: job.url });
const results = {};
for (const [operation, call] of Object.entries(CALLS)) {
  const { data, error, response } = await call(api.rawClient, job);
  const answer = data ?? error;
  results[operation] = { status: response.status, answer, faults: faults(operation, answer) };
}
results.scoringWorker = { seen: await scored(api) };
log(JSON.stringify(results));
