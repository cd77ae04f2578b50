/* What the client programs of this folder share; the twin of ../python/harness.py, with the same input and output. */

import { readFileSync } from "node:fs";

export const WEATHER = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city", "days"],
};
export const QUESTION = "Grüße aus München 🥨: what is the weather like?";

/** Returns the headers for a call to `target` of which the fake provider makes what `scenario` says. */
export function headersFor(target, scenario = {}) {
  const settings = Object.entries(scenario).map(([name, value]) => `${name}=${value}`);
  return { ...target.extra_headers, "x-fake-scenario": [`marker=${target.marker}`, ...settings].join(" ") };
}

/** Returns a key of the same look that no provider takes. */
export function badKey(key) {
  return key.replace("fake", "bad");
}

/** Returns all items of an async iterable. */
export async function all(items) {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Show those of `behaviours` that stdin asks for, and print what came of them. */
export async function run(behaviours) {
  const job = JSON.parse(readFileSync(0, "utf8"));
  const results = {};
  for (const name of job.behaviours) {
    results[name] = {};
    for (const [where, target] of Object.entries(job.targets[name])) {
      results[name][where] = await resultOf(behaviours[name], target);
    }
  }
  process.stdout.write(JSON.stringify(results));
}

async function resultOf(behaviour, target) {
  try {
    return { returned: await behaviour(target) };
  } catch (error) {
    console.error(error);
    const status = error.status ?? error.statusCode ?? null;
    return { raised: error.constructor.name, status, text: error.message };
  }
}
