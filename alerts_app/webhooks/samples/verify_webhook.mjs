import { createHmac, timingSafeEqual } from "node:crypto";

const MAX_AGE_S = 300;
// The deliveries that you have handled. With several processes keep them in Redis or a database, for two days.
const handled = new Set();

// The id of a call that is from your Helicone, unchanged and not older than five minutes; null for any other.
// rawBody: a Buffer, before anything parses it; headers: with names in lower case, as Node has them.
export function deliveryId(rawBody, headers, signingKey) {
  const parts = (headers["helicone-signature-v2"] ?? "").split(",").map((part) => part.split("="));
  const { t: sentAt, id } = Object.fromEntries(parts);
  const expected = createHmac("sha256", signingKey).update(`${sentAt}.${id}.`).update(rawBody).digest();
  const isSigned = parts.some(([name, value = ""]) => {
    const given = Buffer.from(value, "hex");
    return name === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
  return isSigned && Math.abs(Date.now() / 1000 - Number(sentAt)) <= MAX_AGE_S ? id : null;
}

// Returns the HTTP status to answer with.
export function receive(rawBody, headers, signingKey) {
  const id = deliveryId(rawBody, headers, signingKey);
  if (id === null) return 401;
  if (!handled.has(id)) {
    // The same may come twice: answer as before, and do nothing.
    console.log(rawBody.toString()); // what you want to do with it
    handled.add(id);
  }
  return 200;
}
