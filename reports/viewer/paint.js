// paint.js: colours, hatching and letters of the pictures. No meaning stands on colour alone.

const themeListeners = [];

// The colours come from the style, so they follow light, dark and print.
function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// How each kind is hatched, in a tile of 8 by 8.
const HATCHES = {
  "image-0": [],
  "image-1": [[0, 8, 8, 0]],
  "image-2": [[0, 4, 8, 4]],
  "image-3": [[4, 0, 4, 8]],
  mixed: [[0, 0, 8, 8], [0, 8, 8, 0]],
  "no-boot": [[0, 2, 8, 2], [0, 6, 8, 6], [2, 0, 2, 8], [6, 0, 6, 8]],
  "dfu-mode": [[0, 2, 8, 2], [0, 6, 8, 6]],
  unknown: [[2, 2, 3, 2], [6, 6, 7, 6]],
  erased: [],
  state: [[0, 4, 8, 4]],
  torn: [[0, 0, 8, 8], [0, 8, 8, 0]],
  part: [[0, 8, 8, 0]],
  other: [[2, 2, 3, 2], [6, 6, 7, 6]],
  copy: [], erase: [[0, 8, 8, 0]], record: [[0, 4, 8, 4]], note: [[2, 2, 3, 2], [6, 6, 7, 6]],
  bootloader: [], application: [[0, 8, 8, 0]], "dfu-phase": [[0, 4, 8, 4]],
};

function tileOf(kind, base) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const context = tile.getContext("2d");
  context.fillStyle = base || color(kind);
  context.fillRect(0, 0, 8, 8);
  context.strokeStyle = color("hatch");
  context.lineWidth = 1;
  for (const [x1, y1, x2, y2] of HATCHES[kind] || []) {
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
  }
  return tile;
}

// A picture: a canvas of the width of its place, sharp on every screen.
function picture(options) {
  const canvas = el("canvas", {
    tabindex: "0", role: "img", "aria-label": options.label, class: "picture",
  });
  const paper = { canvas, width: 0, height: 0, patterns: new Map(), printWidth: 0 };
  const resize = () => {
    const width = paper.printWidth || canvas.clientWidth;
    if (!width) return;
    paper.width = width;
    paper.height = options.height(width);
    const ratio = paper.printWidth ? 2 : Math.max(1, devicePixelRatio || 1);
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(paper.height * ratio);
    canvas.style.height = paper.printWidth ? "auto" : `${paper.height}px`;
    paper.context = canvas.getContext("2d");
    paper.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    paper.context.font = `11px ${color("font")}`;
    paper.patterns.clear();
  };
  paper.fillOf = (kind, base) => {
    const key = kind + (base || "");
    if (!paper.patterns.has(key)) {
      paper.patterns.set(key, paper.context.createPattern(tileOf(kind, base), "repeat"));
    }
    return paper.patterns.get(key);
  };
  paper.draw = () => {
    resize();
    if (!paper.context) return;
    paper.context.clearRect(0, 0, paper.width, paper.height);
    options.draw(paper);
  };
  paper.text = (text, x, y, align) => {
    paper.context.fillStyle = color("ink");
    paper.context.textAlign = align || "left";
    paper.context.textBaseline = "middle";
    paper.context.fillText(text, x, y);
  };
  // A box with its letter where there is room for it. Never narrower than can be seen.
  paper.box = (kind, x, y, width, height, letter, base) => {
    const wide = Math.max(width, 1.2);
    paper.context.fillStyle = paper.fillOf(kind, base);
    paper.context.fillRect(x, y, wide, height);
    if (letter && wide > 12 && height > 10) {
      paper.context.fillStyle = color("on-fill");
      paper.context.textAlign = "center";
      paper.context.textBaseline = "middle";
      paper.context.fillText(letter, x + wide / 2, y + height / 2 + 0.5);
    }
  };
  new ResizeObserver(() => {
    if (canvas.isConnected && !paper.printWidth && canvas.clientWidth !== paper.width) paper.draw();
  }).observe(canvas);
  themeListeners.push(() => { if (canvas.isConnected) paper.draw(); });
  canvas.paper = paper;
  return paper;
}

function redrawAll() {
  for (const redraw of themeListeners) redraw();
}

function swatch(kind, letter, words) {
  return el("span", { class: "key" }, el("span", { class: `swatch fill-${kind}` }, letter), words);
}

// A bar of counted outcomes, with letters; the text beside it says the same.
function bar(outcomes) {
  const total = outcomes.reduce((sum, row) => sum + row.count, 0);
  const words = outcomes.map((row) => `${row.words}: ${number(row.count)}`).join("; ");
  return el("span", { class: "bar", role: "img", "aria-label": words || "no states", title: words },
    outcomes.map((row) => el("span", {
      class: `fill-${row.key}`, style: { flexGrow: String(Math.max(row.count / total, 0.04)) },
    }, row.letter)));
}
