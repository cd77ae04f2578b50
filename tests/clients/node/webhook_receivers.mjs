// Two receivers of webhooks on loopback. They print their ports; each call's answer says what became of it.
//
// /documented verifies as Helicone's documentation has it: HMAC-SHA-256 of the parsed body, written anew as JSON.
// /sample runs the program that our own documentation has.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const [key, samplePath] = process.argv.slice(2);
const { receive } = await import(pathToFileURL(samplePath).href);
const log = console.log;
let handled = 0;
console.log = () => (handled += 1);

function holds(payload, signature) {
  const ours = createHmac("sha256", key).update(JSON.stringify(payload)).digest();
  const theirs = Buffer.from(signature ?? "", "hex");
  return ours.length === theirs.length && timingSafeEqual(ours, theirs);
}

const server = createServer(async (request, response) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const body = Buffer.concat(pieces);
  let status;
  if (request.url === "/documented") {
    status = holds(JSON.parse(body), request.headers["helicone-signature"]) ? 200 : 401;
  } else {
    status = receive(body, request.headers, key);
  }
  response.writeHead(status, { "Content-Type": "text/plain" });
  response.end(`handled ${handled}`);
});
server.listen(0, "127.0.0.7", () => log(server.address().port));
