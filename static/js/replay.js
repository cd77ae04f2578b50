/* The replay page. The JSON is what is sent; the form's fields write into it by their path, and follow it. */
const page = document.querySelector("[data-replay]");
const raw = document.getElementById("replay-body");
const fields = [...page.querySelectorAll("[data-path]")];
const find = (name) => page.querySelector(`[data-replay-${name}]`);
const original = raw?.value ?? "";
let running = null;

function parsed() {
  try {
    const value = JSON.parse(raw.value);
    if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Error("the body has to be an object");
    return { value };
  } catch (error) {
    return { error: error.message };
  }
}

function valueAt(body, path) {
  return path.reduce((held, step) => held?.[step], body);
}

function setAt(body, path, value) {
  const last = path.at(-1);
  let held = body;
  for (const step of path.slice(0, -1)) {
    if (held[step] === null || typeof held[step] !== "object") held[step] = {};
    held = held[step];
  }
  if (value === undefined) delete held[last];
  else held[last] = value;
}

function check() {
  const { error } = parsed();
  document.getElementById("replay-check").textContent = error ? `Not JSON yet: ${error}` : "";
  raw.toggleAttribute("aria-invalid", Boolean(error));
  find("send").disabled = Boolean(error) && running === null;
  return !error;
}

function read(field) {
  if (field.dataset.as === "flag") return field.checked;
  if (field.dataset.as === "number") return field.value === "" ? undefined : Number(field.value);
  return field.value;
}

function write(field, value) {
  if (field.dataset.as === "flag") field.checked = value === true;
  else field.value = typeof value === "string" || typeof value === "number" ? value : "";
  // A text that was taken out of the JSON has no place to be edited any more.
  if (field.dataset.as === "text") field.closest(".field").hidden = typeof value !== "string";
}

function fieldChanged(field) {
  const { value: body } = parsed();
  if (!body) return;
  setAt(body, JSON.parse(field.dataset.path), read(field));
  raw.value = JSON.stringify(body, null, 2);
  check();
}

function followJson() {
  const { value: body } = parsed();
  if (body) for (const field of fields) write(field, valueAt(body, JSON.parse(field.dataset.path)));
}

function editAs(wanted) {
  for (const editor of page.querySelectorAll("[data-editor]")) editor.hidden = editor.dataset.editor !== wanted;
  for (const button of page.querySelectorAll("[data-edit-as]")) button.setAttribute("aria-pressed", String(button.dataset.editAs === wanted));
  if (wanted === "form") followJson();
}

function showProblem(problem) {
  find("problem").hidden = !problem;
  find("problem-title").textContent = problem?.title ?? "";
  find("problem-text").textContent = problem?.text ?? "";
}

function setRunning(controller) {
  running = controller;
  find("send-label").textContent = running ? "Stop" : "Send again";
  find("live").setAttribute("aria-busy", String(Boolean(running)));
}

function start() {
  showProblem(null);
  find("answer").replaceChildren();
  find("status").hidden = find("link").hidden = true;
  find("facts").textContent = "Waiting for the answer…";
  find("live").textContent = "";
  find("live").hidden = false;
}

const seconds = (ms) => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(2)} s`);

function finish(outcome) {
  find("live").hidden = true;
  // Made by the server's template for answers, which escapes what it is given.
  find("answer").innerHTML = outcome.html;
  const status = find("status");
  status.textContent = outcome.status;
  status.className = `badge ${outcome.status < 400 ? "badge-good" : outcome.status < 500 ? "badge-warn" : "badge-bad"}`;
  status.hidden = false;
  const facts = [seconds(outcome.latency_ms)];
  if (outcome.first_text_ms !== null) facts.push(`first token after ${seconds(outcome.first_text_ms)}`);
  if (outcome.completion_tokens !== null) facts.push(`${outcome.prompt_tokens.toLocaleString()} in, ${outcome.completion_tokens.toLocaleString()} out`);
  find("facts").textContent = facts.join(" · ");
  showProblem(outcome.problem);
  if (outcome.url) {
    find("link").href = outcome.url;
    find("link").hidden = false;
  }
}

function take(event) {
  const live = find("live");
  if (event.type === "text") live.textContent = event.replaces ? event.text : live.textContent + event.text;
  else if (event.type === "done") finish(event);
  else showProblem({ title: "The request failed", text: event.text });
  return event.type !== "text";
}

/* Lines of JSON, each taken as soon as it is whole. Returns whether the last one said that it was over. */
async function readLines(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let isOver = false;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return isOver;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) isOver = take(JSON.parse(line)) || isOver;
  }
}

async function send() {
  if (!check()) return;
  start();
  setRunning(new AbortController());
  try {
    const answer = await fetch(page.dataset.replay, {
      method: "POST",
      body: raw.value,
      signal: running.signal,
      headers: { "Content-Type": "application/json", "X-CSRFToken": page.querySelector("[name=csrfmiddlewaretoken]").value },
    });
    if (answer.headers.get("content-type") === "application/x-ndjson") {
      if (!(await readLines(answer))) showProblem({ title: "The answer broke off", text: "The connection closed before the answer was complete." });
    } else if (answer.status === 422) {
      showProblem({ title: "Not sent", text: (await answer.json()).error });
    } else {
      showProblem({ title: "Not sent", text: `The server answered ${answer.status}. Reload the page, and try again.` });
    }
  } catch (error) {
    const stopped = error.name === "AbortError";
    showProblem(stopped ? { title: "Stopped", text: "What had come until then is below." } : { title: "The server could not be reached", text: "Try again." });
  }
  if (find("facts").textContent.startsWith("Waiting")) find("facts").textContent = "";
  setRunning(null);
}

if (raw) {
  check();
  page.addEventListener("input", (event) => {
    if (event.target === raw) check();
    else if (event.target.matches("[data-path]")) fieldChanged(event.target);
  });
  page.addEventListener("click", (event) => {
    const editor = event.target.closest("[data-edit-as]");
    if (editor) editAs(editor.dataset.editAs);
    if (event.target.closest("[data-replay-reset]")) {
      raw.value = original;
      check();
      followJson();
    }
    if (event.target.closest("[data-replay-send]")) {
      if (running) running.abort();
      else send();
    }
  });
}
