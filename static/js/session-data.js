/* The rows of a session as the server's numbers say them (sessions_app/drawing.py), and which of them are shown. */
export const IS_ERROR = 1;
export const IS_CRITICAL = 2;
export const IS_ATTEMPTS = 4;
export const KINDS = ["model", "tool", "vector_db", "database", "http", "agent", "data", "folder"];
const KIND_WORDS = { vector_db: "vector search" };

/* Returns the rows: the server's columns, and what follows from them. */
export function readRows(columns) {
  const count = columns.depth.length;
  const parent = new Int32Array(count);
  const end = new Int32Array(count); // the first row that is not below it
  const open = [];
  for (let at = 0; at < count; at += 1) {
    while (open.length > columns.depth[at]) end[open.pop()] = at;
    parent[at] = open.length ? open[open.length - 1] : -1;
    open.push(at);
  }
  for (const at of open) end[at] = count;
  const cost = columns.depth.reduce((sum, depth, at) => (depth ? sum : sum + (columns.cost[at] ?? 0)), 0);
  const rows = { ...columns, count, parent, end, totalCost: cost, places: null, texts: null };
  return rows;
}

/* Returns the name of a row that stays its own when more steps arrive. */
export function keyOf(rows, at) {
  if (rows.id[at]) return rows.id[at];
  if (rows.flags[at] & IS_ATTEMPTS) return `attempts ${keyOf(rows, at + 1)}`;
  return rows.strings[rows.path[at]];
}

/* Returns which row has this name, -1 for none. */
export function placeOf(rows, key) {
  rows.places ??= new Map(rows.depth.map((_, at) => [keyOf(rows, at), at]));
  return rows.places.get(key) ?? -1;
}

export const isStep = (rows, at) => rows.id[at] !== null;
export const hasChildren = (rows, at) => rows.end[at] > at + 1;

/* Returns the rows in sight: not below a folded one. With `words`, those that have all of them, and all above these. */
export function shownRows(rows, folded, words) {
  const shown = [];
  if (!words.length) {
    for (let at = 0; at < rows.count;) {
      shown.push(at);
      at = folded[at] ? rows.end[at] : at + 1;
    }
    return { shown: Int32Array.from(shown), found: null, number: rows.count };
  }
  const found = matching(rows, words);
  const above = new Uint8Array(rows.count);
  let number = 0;
  for (let at = rows.count - 1; at >= 0; at -= 1) {
    if (found[at]) number += 1;
    if ((found[at] || above[at]) && rows.parent[at] >= 0) above[rows.parent[at]] = 1;
  }
  for (let at = 0; at < rows.count; at += 1) if (found[at] || above[at]) shown.push(at);
  return { shown: Int32Array.from(shown), found, number };
}

function matching(rows, words) {
  rows.texts ??= textsOf(rows);
  return Uint8Array.from(rows.texts, (text) => Number(words.every((word) => text.includes(word))));
}

function textsOf(rows) {
  const lower = rows.strings.map((text) => text.toLowerCase());
  return rows.depth.map((_, at) => {
    const kind = KINDS[rows.kind[at]];
    const outcome = rows.flags[at] & IS_ERROR ? "error" : "";
    return [rows.path, rows.label, rows.detail].map((column) => lower[column[at]])
      .concat(KIND_WORDS[kind] ?? kind, rows.status[at] ?? "", outcome).join("\n");
  });
}
