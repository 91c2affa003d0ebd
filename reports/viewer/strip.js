// strip.js: the cut-point heat strip. Every operation of the first run against every fault:
// what came of a cut there.
//
// Along the x axis each step of the run without cuts is as wide as the next, so that a record
// of one word is seen as well as the copy of a page. Without that trace the axis is events.

const GUTTER = 132; // for names at the left, in every picture
const NARROW_GUTTER = 74;
const BAND = 15;
const ROW = 24;

const gutterOf = (paper) => (paper.width < 640 ? NARROW_GUTTER : GUTTER);

// Where an event lies, in steps from the left.
function makeScale(detail) {
  const last = detail.cuts.reduce((most, row) => Math.max(most, row.last), 1);
  if (!detail.uncut) {
    return { length: last, at: (event) => event - 1, eventAt: (x) => Math.floor(x) + 1, last };
  }
  const spans = detail.uncut.steps.filter((step) => step.event > 0);
  const spanOf = (event) => {
    let low = 0, high = spans.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (spans[middle].event <= event) low = middle; else high = middle - 1;
    }
    return spans[low];
  };
  const at = (event) => {
    const span = spanOf(event);
    return span ? span.index + Math.min(1, (event - span.event) / span.event_count) : 0;
  };
  const eventAt = (x) => {
    const step = detail.uncut.steps[Math.min(Math.floor(x), detail.uncut.steps.length - 1)];
    const inside = Math.floor((x - step.index) * step.event_count);
    return Math.max(1, step.event + Math.min(inside, step.event_count - 1));
  };
  const end = spans.at(-1);
  return { length: detail.uncut.steps.length, at, eventAt, stepOf: (event) => spanOf(event),
    last: Math.max(last, end ? end.event + end.event_count - 1 : 1) };
}

// What is programmed in a step: the second band.
function workOf(step) {
  if (step.kind === "erase") return { kind: "erase", letter: "E", words: "erase" };
  if (step.kind !== "program") return { kind: "note", letter: "·", words: "milestone, no operation" };
  if (step.area === "state") return { kind: "record", letter: "S", words: "state record" };
  return { kind: "copy", letter: step.area === "active" ? "A" : step.area === "dfu" ? "D" : "F",
    words: `copy to ${step.area}` };
}

const PHASES = {
  bootloader: { kind: "bootloader", letter: "bootloader" },
  application: { kind: "application", letter: "application" },
  "dfu-mode": { kind: "dfu-phase", letter: "dfu mode" },
};

// Neighbouring steps of one kind are one box.
function* stretches(steps, kindOf) {
  let begin = 0;
  for (let i = 1; i <= steps.length; i++) {
    if (i === steps.length || kindOf(steps[i]).letter !== kindOf(steps[begin]).letter) {
      yield { from: begin, to: i, ...kindOf(steps[begin]) };
      begin = i;
    }
  }
}

// The faults of the strip: plain cuts first.
function faultRows(item, detail) {
  const ids = [...new Set(detail.cuts.map((row) => row.fault))].sort((a, b) => a - b);
  return ids.map((id) => ({
    id, name: item.about.fault_names.get(id) || `fault ${id}`,
    rows: detail.cuts.filter((row) => row.fault === id),
  }));
}

// The token of a trace for a cut: SPEC, section 4.
function tokenOf(faultName, event) {
  const [kind, tear] = faultName.split(" ");
  if (kind.startsWith("torn-")) return `t${event}.${tear}`;
  return `${kind === "mcu-reset" ? "r" : "a"}${event}`;
}

function findCut(fault, event) {
  return fault ? fault.rows.find((row) => row.first <= event && event <= row.last) : undefined;
}

function drawBands(paper, view, detail, top) {
  if (!detail.uncut) return;
  const steps = detail.uncut.steps;
  const draw = (y, kindOf) => {
    for (const span of stretches(steps, kindOf)) {
      const left = view.x(paper, span.from), right = view.x(paper, span.to);
      if (right < gutterOf(paper) || left > paper.width) continue;
      const from = Math.max(left, gutterOf(paper));
      const isLong = right - from > span.letter.length * 7;
      paper.box(span.kind, from, y, right - from - 0.4, BAND - 2, isLong ? span.letter : "");
    }
  };
  draw(top, (step) => PHASES[step.phase] || PHASES.bootloader);
  draw(top + BAND, workOf);
  paper.text("phase", 0, top + BAND / 2);
  paper.text(paper.width < 640 ? "writes" : "what is written", 0, top + 1.5 * BAND);
}

function violationMarks(item, faults) {
  const marks = [];
  for (const row of item.violations) {
    const match = /^([atr])(\d+)(?:\.([\w-]+))?$/.exec(row.trace);
    if (!match) continue;
    const index = faults.findIndex((fault) => tokenOf(fault.name, +match[2]) === row.trace);
    if (index >= 0) marks.push({ index, event: +match[2], row });
  }
  return marks;
}

function drawFaultRow(paper, view, scale, item, fault, y) {
  const name = paper.width < 640 ? fault.name.replace("torn-", "").slice(0, 11) : fault.name;
  paper.text(name, 0, y + ROW / 2);
  for (const row of fault.rows) {
    const outcome = outcomeOf(item, row.outcome, row.image);
    const end = row.last === scale.last ? scale.length : scale.at(row.last + 1);
    const left = view.x(paper, scale.at(row.first));
    const right = view.x(paper, row.last === row.first && !scale.stepOf
      ? row.first : Math.max(end, scale.at(row.last)));
    if (right < gutterOf(paper) || left > paper.width) continue;
    const from = Math.max(left, gutterOf(paper));
    paper.box(outcome.key, from, y + 1, Math.max(2, right - from - 0.4), ROW - 3, outcome.letter);
  }
}

function drawCursor(paper, x, top, bottom) {
  if (x < gutterOf(paper) - 1 || x > paper.width + 1) return;
  const context = paper.context;
  context.strokeStyle = color("cursor");
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x, top);
  context.lineTo(x, bottom);
  context.stroke();
}

function drawMarks(paper, view, scale, marks, top) {
  const context = paper.context;
  for (const mark of marks) {
    const x = view.x(paper, scale.at(mark.event) + 0.5 / 1);
    const y = top + mark.index * ROW;
    context.fillStyle = color("bad");
    context.beginPath();
    context.moveTo(x - 5, y);
    context.lineTo(x + 5, y);
    context.lineTo(x, y + 8);
    context.fill();
  }
}

// The part of the axis that is shown; pictures of one trace share it.
function makeView(length) {
  const view = { from: 0, to: length, length };
  view.x = (paper, at) =>
    gutterOf(paper) + ((at - view.from) / (view.to - view.from)) * (paper.width - gutterOf(paper));
  view.at = (paper, x) =>
    view.from + ((x - gutterOf(paper)) / (paper.width - gutterOf(paper))) * (view.to - view.from);
  view.zoom = (factor, about) => {
    const width = Math.min(length, Math.max(8, (view.to - view.from) * factor));
    const share = (about - view.from) / (view.to - view.from);
    view.from = Math.min(Math.max(0, about - share * width), length - width);
    view.to = view.from + width;
  };
  view.show = (at) => {
    const width = view.to - view.from;
    if (at < view.from || at > view.to) {
      view.from = Math.min(Math.max(0, at - width / 2), length - width);
      view.to = view.from + width;
    }
  };
  return view;
}

function stripTable(item, faults) {
  const rows = faults.flatMap((fault) => fault.rows.map((row) => [
    fault.name, number(row.first), number(row.last), number(row.times),
    outcomeOf(item, row.outcome, row.image).words,
  ]));
  const shown = rows.slice(0, 400);
  return [table(["fault", "from event", "to event", "cuts", "the boot after it"], shown,
    { right: [1, 2, 3] }),
    rows.length > shown.length
      ? el("p", { class: "notice" }, `${number(rows.length - shown.length)} more rows: ask the log.`)
      : null];
}

function stripLegend(item, faults, hasWork) {
  const seen = new Map();
  for (const fault of faults) {
    for (const row of fault.rows) {
      const outcome = outcomeOf(item, row.outcome, row.image);
      seen.set(outcome.key, outcome);
    }
  }
  return el("p", { class: "legend" }, "after the cut, left alone: ",
    [...seen.values()].map((row) => swatch(row.key, row.letter, row.words)),
    hasWork ? [swatch("copy", "A", "copy to ACTIVE (D: to DFU)"), swatch("record", "S", "state record"),
      swatch("erase", "E", "erase")] : null, el("span", { class: "key" }, "▼ this cut breaks a promise"),
    el("span", { class: "key" }, "blank: not cut so"));
}

// The strip of a case. `screen.choose(event, fault)` is called with what was pointed at.
function makeStrip(screen) {
  const { item, detail } = screen;
  const faults = faultRows(item, detail);
  if (!faults.length) return null;
  const scale = makeScale(detail);
  const view = detail.uncut ? screen.viewOf(detail.uncut) : makeView(scale.length);
  const marks = violationMarks(item, faults);
  const bandsHeight = detail.uncut ? 2 * BAND + 6 : 0;
  const top = bandsHeight + 10;
  const paper = picture({
    label: `Cut-point strip: ${faults.length} faults over ${number(scale.last)} events.` +
      " Arrow keys choose a cut; the table below says the same.",
    height: () => top + faults.length * ROW + 20,
    draw: (it) => {
      drawBands(it, view, detail, 0);
      faults.forEach((fault, i) => drawFaultRow(it, view, scale, item, fault, top + i * ROW));
      drawMarks(it, view, scale, marks, top);
      const first = scale.eventAt(view.from), last = scale.eventAt(view.to - 0.001);
      it.text(`event ${number(first)}`, gutterOf(it), it.height - 8);
      it.text(number(last), it.width - 2, it.height - 8, "right");
      if (screen.cut) {
        const x = view.x(it, scale.at(screen.cut.event) + (detail.uncut ? 0 : 0.5));
        const row = faults.indexOf(screen.cut.fault);
        drawCursor(it, x, 0, top + faults.length * ROW);
        it.context.strokeRect(x - 4, top + row * ROW, 8, ROW - 1);
      }
    },
  });
  const pointAt = (event) => {
    const box = paper.canvas.getBoundingClientRect();
    const at = view.at(paper, event.clientX - box.left);
    if (event.clientX - box.left < gutterOf(paper)) return null;
    const row = Math.floor((event.clientY - box.top - top) / ROW);
    return { event: scale.eventAt(Math.min(Math.max(at, 0), scale.length - 0.001)),
      fault: faults[Math.min(Math.max(row, 0), faults.length - 1)] };
  };
  paper.canvas.addEventListener("click", (event) => {
    const point = pointAt(event);
    if (point) screen.choose(point.event, point.fault);
  });
  paper.canvas.addEventListener("mousemove", (event) => {
    const point = pointAt(event);
    const cut = point && findCut(point.fault, point.event);
    paper.canvas.title = point ? `${point.fault.name} ${point.event}: ` +
      (cut ? outcomeOf(item, cut.outcome, cut.image).words : "not cut so") : "";
  });
  return { paper, faults, scale, view, marks };
}
