/* Indented JSON as a list of lines that know their children. The layout is the server's: two spaces a level, one key
   or value a line, brackets that are not empty on lines of their own. */
const LINE = /^( *)(?:("(?:[^"\\]|\\.)*"): )?([\s\S]*?),?$/;

/* Returns the letters of a JSON string, for reading. */
export function decodeString(text) {
  if (!text.includes("\\")) return text.slice(1, -1);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/* Returns { lines, childrenOf, parentsOf, preview, find }. Lines that open a bracket have `end` and the number of `children`. */
export function buildLines(text) {
  const lines = [];
  const open = [];
  text.split("\n").forEach((raw, index) => {
    const [, indent, key = "", value] = LINE.exec(raw) ?? [null, "", "", raw];
    const line = { key, value, depth: indent.length / 2, parent: open.at(-1) };
    lines.push(line);
    if (value === "}" || value === "]") {
      const start = open.pop();
      if (start !== undefined) lines[start].end = index;
      return;
    }
    if (line.parent !== undefined) lines[line.parent].children += 1;
    if (value === "{" || value === "[") {
      line.children = 0;
      open.push(index);
    }
  });

  function childrenOf(index) {
    const found = [];
    for (let next = index + 1; next < lines[index].end; next = (lines[next].end ?? next) + 1) found.push(next);
    return found;
  }

  function parentsOf(index) {
    const found = [];
    for (let at = lines[index].parent; at !== undefined; at = lines[at].parent) found.unshift(at);
    return found;
  }

  /* The beginning of what a bracket holds, on one line, for when it is closed. */
  function preview(index, characters) {
    let shown = "";
    for (const child of childrenOf(index)) {
      const { key, value, end } = lines[child];
      const inner = end === undefined ? value : value === "{" ? "{…}" : "[…]";
      shown += `${shown && ", "}${key && `${decodeString(key)}: `}${inner.slice(0, characters)}`;
      if (shown.length > characters) return `${shown.slice(0, characters)}…`;
    }
    return shown;
  }

  function find(wanted, atMost) {
    const small = wanted.toLowerCase();
    const found = [];
    for (let index = 0; index < lines.length && found.length < atMost; index += 1) {
      const { key, value } = lines[index];
      if (key.toLowerCase().includes(small) || (value[0] === '"' ? decodeString(value) : value).toLowerCase().includes(small)) found.push(index);
    }
    return found;
  }

  return { lines, childrenOf, parentsOf, preview, find };
}
