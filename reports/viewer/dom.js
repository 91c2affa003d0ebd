// dom.js: making elements, and writing numbers, times and sizes.
//
// All text goes into the page as text nodes, never as HTML: a name in a log may hold anything.

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(node.style, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  add(node, children);
  return node;
}

function add(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
}

function fill(node, ...children) {
  node.replaceChildren();
  add(node, children);
  return node;
}

const byId = (id) => document.getElementById(id);
const say = (text) => { byId("said").textContent = text; };

const number = (value) =>
  value === null || value === undefined ? "–" : Number(value).toLocaleString("en-US");

const plural = (count, one, many) => `${number(count)} ${count === 1 ? one : many || one + "s"}`;

function time(us) {
  if (us < 1000) return `${number(us)} µs`;
  if (us < 1e6) return `${(us / 1e3).toFixed(us < 1e5 ? 1 : 0)} ms`;
  return us < 6e7 ? `${(us / 1e6).toFixed(2)} s` : `${(us / 6e7).toFixed(1)} min`;
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const isMega = bytes >= 1 << 20;
  return `${+(bytes / (isMega ? 1 << 20 : 1024)).toFixed(1)} ${isMega ? "MiB" : "KiB"}`;
}

const hex = (value, digits) => "0x" + value.toString(16).padStart(digits || 3, "0");

// For a shell: what is in single quotes is taken as it stands.
function quoted(text) {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  if (text.includes("'") && !/["$`\\!]/.test(text)) return `"${text}"`;
  return "'" + text.replaceAll("'", "'\\''") + "'";
}

function selectText(node) {
  const range = document.createRange();
  range.selectNodeContents(node);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

// A command to paste, with a button that copies it.
function command(text, label) {
  const code = el("code", {}, text);
  const button = el("button", {
    type: "button", class: "copy", "aria-label": `Copy: ${text}`,
    onclick: async () => {
      selectText(code);
      try {
        await navigator.clipboard.writeText(text);
        say("Copied.");
        button.textContent = "copied";
      } catch {
        button.textContent = "selected";
      }
      setTimeout(() => { button.textContent = "copy"; }, 1500);
    },
  }, "copy");
  return el("div", { class: "command" }, label ? el("span", { class: "label" }, label) : null,
            code, button);
}

function table(head, rows, options = {}) {
  const isRight = (i) => (options.right || []).includes(i);
  const cell = (content, i) =>
    content instanceof HTMLTableCellElement ? content
      : el("td", { class: isRight(i) ? "right" : null }, content);
  return el("div", { class: "scroll" }, el("table", { class: options.class },
    options.caption ? el("caption", {}, options.caption) : null,
    el("thead", {}, el("tr", {},
      head.map((name, i) => el("th", { scope: "col", class: isRight(i) ? "right" : null }, name)))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map(cell))))));
}

// A part of the page that can be folded; `isOpen` at first. In print all are open.
function fold(title, isOpen, ...children) {
  return el("details", { open: isOpen }, el("summary", {}, title), children);
}

function cappedNote(capped, key, what) {
  return capped && capped[key]
    ? el("p", { class: "notice" }, `Only the first ${number(capped[key])} ${what} are shown.`)
    : null;
}
