/* @helicone/helpers: fetches stored prompts and fills them in. The twin of ../python/helicone_prompts_client.py. */

import { readFileSync } from "node:fs";
import helpers from "@helicone/helpers";

const job = JSON.parse(readFileSync(0, "utf8"));
const manager = new helpers.HeliconePromptManager({ apiKey: job.key, baseUrl: job.url });
const results = {};
for (const [name, params] of Object.entries(job.calls)) {
  try {
    results[name] = { params, version: await manager.pullPromptVersion(params), ...(await manager.getPromptBody(params)) };
  } catch (error) {
    results[name] = { params, raised: error.message };
  }
}
process.stdout.write(JSON.stringify(results));
