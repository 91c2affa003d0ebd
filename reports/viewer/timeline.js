// timeline.js: what each page of the flash holds, step by step: a swap is a staircase.

const ROWS_MAX = 400; // more pages than that share a row

const holdsCache = new WeakMap();

// What a text of `page_holds` is in the picture.
function holdsOf(item, text) {
  let cache = holdsCache.get(item);
  if (!cache) holdsCache.set(item, (cache = new Map()));
  if (!cache.has(text)) cache.set(text, readHolds(item, text));
  return cache.get(text);
}

function readHolds(item, text) {
  const plain = { erased: "", state: "S", torn: "T", other: "" };
  if (text in plain) return { kind: text, letter: plain[text] };
  const part = /^part of (.*)$/.exec(text);
  const moved = /^(.*)\[\d+\]$/.exec(text);
  const name = part ? part[1] : moved ? moved[1] : text;
  const image = item.images.find((row) => row.name === name);
  if (!image) return { kind: "other", letter: "" };
  const base = `image-${Math.min(image.image, 3)}`;
  const letter = (name[0] || "?").toLowerCase();
  return part ? { kind: "part", letter: "", base } : { kind: base, letter };
}

// The rows of the picture: pages of one area, each with its changes [step, holds].
function pageRows(detail, trace) {
  const rows = [];
  const found = new Map();
  const held = new Map(detail.pages.map((row) => [`${row.area} ${row.page}`, row.holds]));
  for (const area of detail.areas) {
    if (area.area === "bootloader") continue;
    for (let page = 0; page < area.page_count; page++) {
      const key = `${area.area} ${page}`;
      const row = { area: area.area, page, changes: [[0, held.get(key) ?? "other"]] };
      found.set(key, row);
      rows.push(row);
    }
  }
  for (const step of trace.steps) {
    const row = step.isOperation && found.get(`${step.area} ${step.page}`);
    if (row && step.page_holds) row.changes.push([step.index, step.page_holds]);
  }
  return rows;
}

// Of pages that share a row, the one that changes most is shown.
function joinRows(rows, each) {
  if (each === 1) return rows;
  const joined = [];
  for (const row of rows) {
    const last = joined.at(-1);
    if (last && last.area === row.area && row.page - last.first < each) {
      if (row.changes.length > last.changes.length) last.changes = row.changes;
      last.page = row.page;
    } else {
      joined.push({ ...row, first: row.page });
    }
  }
  return joined;
}

function holdsAt(row, step) {
  let holds = row.changes[0][1];
  for (const [at, what] of row.changes) {
    if (at > step) break;
    holds = what;
  }
  return holds;
}

function drawPageRow(paper, view, item, row, y, height, length) {
  row.changes.forEach(([at, holds], i) => {
    const end = i + 1 < row.changes.length ? row.changes[i + 1][0] : length;
    const left = view.x(paper, at), right = view.x(paper, end);
    if (right < gutterOf(paper) || left > paper.width || end === at) return;
    const what = holdsOf(item, holds);
    const from = Math.max(left, gutterOf(paper));
    paper.box(what.kind, from, y, Math.min(right, paper.width) - from,
      height > 4 ? height - 1 : height, what.letter, what.base && color(what.base));
  });
}

function drawAreaNames(paper, rows, height, top) {
  let previous = null;
  rows.forEach((row, i) => {
    if (row.area !== previous) {
      const y = top + i * height;
      const last = rows.findLast((other) => other.area === row.area);
      paper.text(paper.width < 640 ? row.area : `${row.area} ${pageSpan(0, last.page)}`, 0, y + Math.max(6, height / 2));
      paper.context.fillStyle = color("line");
      paper.context.fillRect(0, y - 0.5, paper.width, 1);
      previous = row.area;
    }
  });
}

const pageSpan = (first, last) => (first === last ? `${first}` : `${first}–${last}`);

// Pages that hold the same, as text: "active 0–14 old, 15 erased".
function pagesInWords(rows, step) {
  const words = [];
  let run = null;
  const close = () => {
    if (!run) return;
    const { first, last, shift } = run;
    words.push([run.area, pageSpan(first, last),
      run.text + (shift ? `[${pageSpan(first + shift, last + shift)}]` : "")]);
  };
  for (const row of rows) {
    const holds = holdsAt(row, step);
    const moved = /^(.*)\[(\d+)\]$/.exec(holds); // other pages of an image, in their order
    const shift = moved ? moved[2] - row.page : 0;
    const text = moved ? moved[1] : holds;
    if (run && run.area === row.area && run.text === text && run.shift === shift) {
      run.last = row.page;
    } else {
      close();
      run = { area: row.area, first: row.page, last: row.page, text, shift };
    }
  }
  close();
  return words;
}

function timelineLegend(item) {
  return el("p", { class: "legend" }, "a page holds: ",
    item.images.map((image) => swatch(`image-${Math.min(image.image, 3)}`,
      (image.name[0] || "?").toLowerCase(), image.name)),
    swatch("part", "", "part of an image"), swatch("erased", "", "erased"),
    swatch("state", "S", "state records"), swatch("torn", "T", "words in doubt"),
    swatch("other", "", "something else"));
}

// The timeline of the chosen trace.
function makeTimeline(screen) {
  const { item, detail, trace } = screen;
  if (!trace || !trace.steps.length || !detail.areas.length) return null;
  const all = pageRows(detail, trace);
  if (!all.length) return null;
  const each = Math.ceil(all.length / ROWS_MAX);
  const rows = joinRows(all, each);
  const height = Math.min(14, Math.max(1.5, Math.floor(460 / rows.length)));
  const view = screen.viewOf(trace);
  const top = 4;
  const paper = picture({
    label: `Page timeline: ${rows.length} rows of pages over ${trace.steps.length} steps.` +
      " The table below says what each page holds at the chosen step.",
    height: () => top + rows.length * height + 18,
    draw: (it) => {
      rows.forEach((row, i) =>
        drawPageRow(it, view, item, row, top + i * height, height, trace.steps.length));
      drawAreaNames(it, rows, height, top);
      for (const step of trace.steps) {
        if (step.kind === "cut" || step.kind === "violation") {
          drawMarkLine(it, view.x(it, step.index + 0.5), top, step.kind, top + rows.length * height);
        }
      }
      drawCursor(it, view.x(it, screen.step + 0.5), top, top + rows.length * height);
      it.text(`step ${number(screen.step)} of ${number(trace.steps.length - 1)}`, gutterOf(it),
        it.height - 8);
    },
  });
  paper.canvas.addEventListener("click", (event) => {
    const box = paper.canvas.getBoundingClientRect();
    const at = Math.floor(view.at(paper, event.clientX - box.left));
    if (at >= 0 && at < trace.steps.length) screen.goTo(at);
  });
  return { paper, rows: all, each, view };
}

function drawMarkLine(paper, x, top, kind, bottom) {
  if (x < gutterOf(paper) || x > paper.width) return;
  paper.context.save();
  paper.context.strokeStyle = color(kind === "cut" ? "ink" : "bad");
  paper.context.setLineDash(kind === "cut" ? [4, 3] : []);
  paper.context.lineWidth = 1.5;
  paper.context.beginPath();
  paper.context.moveTo(x, top);
  paper.context.lineTo(x, bottom);
  paper.context.stroke();
  paper.context.restore();
}
