// trace.js: the trace scrubber: one step of a trace in full, the steps around it, and the
// passing neighbour beside a violation.

const STEPS_AROUND = 30;
const STEPS_ON_PAPER = 10;
const PAIR_ROWS = 10; // of each stretch between two cuts from where they differ,
const PAIR_ROWS_LAST = 5; // and the last, where the promise breaks

function traceTitle(trace) {
  if (trace.kind === "uncut") return "the first run, without a power loss";
  if (trace.kind === "violation") return `violation of ${trace.promise}: ${trace.trace || "no cut"}`;
  return `its passing neighbour: ${trace.trace || "no cut"}`;
}

const placeOf = (step) =>
  step.isOperation ? `${step.area}[${step.page}]` : "";

function stepWords(step) {
  if (!step.isOperation) return step.text || step.kind;
  if (step.kind === "erase") return `erase ${placeOf(step)}`;
  const words = step.word_count > 1 ? `, ${plural(step.word_count, "word")}` : "";
  return `program ${placeOf(step)} +${hex(step.offset || 0)}${words}`;
}

const sourceOf = (step) =>
  step.file ? `${step.file}:${step.line}${step.function ? ` (${step.function})` : ""}` : "";

function eventWords(step) {
  if (!step.event) return "";
  return step.event_count > 1
    ? `${number(step.event)}–${number(step.event + step.event_count - 1)}` : number(step.event);
}

// --- bytes before and after, as they are read

function bytesOf(text) {
  const bytes = [];
  for (let i = 0; i + 1 < text.length; i += 2) bytes.push(text.slice(i, i + 2));
  return bytes;
}

function hexRows(bytes, others, offset) {
  const rows = [];
  for (let i = 0; i < bytes.length; i += 16) {
    const cells = [];
    for (let j = i; j < Math.min(i + 16, bytes.length); j++) {
      const isChanged = bytes[j] !== others[j];
      cells.push(isChanged ? el("mark", {}, bytes[j]) : bytes[j], j % 4 === 3 ? "  " : " ");
    }
    rows.push(el("div", {}, el("span", { class: "address" }, `+${hex(offset + i)}  `), cells));
  }
  return rows;
}

function hexPanel(step) {
  if (!step.before || !step.after) {
    if (!step.isOperation) return null;
    return el("p", { class: "muted" }, step.event_count > 1
      ? `${plural(step.event_count, "program")} of this page are told as one step; a replay shows them singly.`
      : "The bytes of this step are not in the log.");
  }
  const before = bytesOf(step.before), after = bytesOf(step.after);
  const changed = before.filter((value, i) => value !== after[i]).length;
  return el("div", { class: "hex" },
    el("div", {}, el("h5", {}, "before"), el("pre", {}, hexRows(before, after, step.window_offset))),
    el("div", {}, el("h5", {}, "after"), el("pre", {}, hexRows(after, before, step.window_offset))),
    el("p", { class: "muted" }, `${plural(changed, "byte")} of ${before.length} shown changed; they are underlined.`));
}

function fact(name, content, isNew) {
  return content ? [el("dt", {}, name), el("dd", { class: isNew ? "changed" : null }, content,
    isNew ? el("span", { class: "tag" }, "changed here") : null)] : [];
}

function stepPanel(step) {
  const change = step.isOperation && step.page_holds
    ? `${placeOf(step)} then holds ${step.page_holds}` : null;
  return el("div", { class: "step-panel", id: "step-panel" },
    el("h4", { class: step.kind === "violation" ? "bad" : null }, stepWords(step)),
    el("dl", { class: "facts" },
      fact("event", eventWords(step)), fact("running", step.phase),
      fact("power losses", number(step.cuts)),
      fact("STATE says", step.state_says, step.isStateNew),
      fact("ACTIVE holds", step.active_holds, step.isActiveNew),
      fact("the page", change), fact("source", sourceOf(step) && el("code", {}, sourceOf(step)))),
    hexPanel(step));
}

// --- the list of steps around the chosen one

function stepRow(screen, step) {
  const isNow = step.index === screen.step;
  const marks = [step.isStateNew ? "S" : "", step.isActiveNew ? "A" : ""].join("");
  return el("tr", {
    class: [`kind-${step.kind}`, isNow ? "now" : "",
      Math.abs(step.index - screen.step) > STEPS_ON_PAPER ? "far" : ""].join(" ").trim(),
    "aria-current": isNow ? "step" : null, onclick: () => screen.goTo(step.index),
  },
  el("td", { class: "right" }, eventWords(step)), el("td", {}, stepWords(step)),
  el("td", { class: "marks" }, marks),
  el("td", { class: "muted source", title: sourceOf(step) },
    step.file ? `${step.file.replace(/^.*\//, "")}:${step.line}` : ""));
}

function stepList(screen) {
  const steps = screen.trace.steps;
  const from = Math.max(0, screen.step - STEPS_AROUND);
  const to = Math.min(steps.length, screen.step + STEPS_AROUND + 1);
  const more = (count, words) =>
    count > 0 ? el("p", { class: "muted" }, `${plural(count, "step")} ${words}`) : null;
  return el("div", { class: "step-list", id: "step-list", tabindex: "0", role: "group", "aria-label": "Steps" },
    more(from, "before"),
    el("table", {}, el("thead", {}, el("tr", {},
      ["event", "step", "new", "source"].map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, steps.slice(from, to).map((step) => stepRow(screen, step)))),
    more(steps.length - to, "after"));
}

// --- violation and neighbour, side by side

const isSame = (a, b) =>
  a && b && a.kind === b.kind && a.area === b.area && a.page === b.page && a.offset === b.offset &&
  a.word_count === b.word_count && a.text === b.text && a.state_says === b.state_says &&
  a.active_holds === b.active_holds;

// Near a cut a trace has each program of a page by itself. Beside each other two traces are told
// with all the programs of a page as one, or they would be out of step.
function regrouped(steps) {
  const groups = [];
  for (const step of steps) {
    const last = groups.at(-1);
    const isNext = last && last.kind === "program" && step.kind === "program" &&
      step.area === last.area && step.area !== "state" && step.page === last.page &&
      step.event === last.event + last.event_count;
    if (isNext) {
      last.event_count += step.event_count;
      last.word_count += step.word_count || 1;
      last.active_holds = step.active_holds;
      last.state_says = step.state_says;
      last.isActiveNew ||= step.isActiveNew;
    } else {
      groups.push({ ...step });
    }
  }
  return groups;
}

// Stretches between power losses; of those before the last only the end is of interest.
function pairsOf(trace, neighbour) {
  const lives = (one) => Map.groupBy
    ? Map.groupBy(one.steps, (step) => step.cuts)
    : one.steps.reduce((all, step) => all.set(step.cuts, [...(all.get(step.cuts) || []), step]), new Map());
  const left = lives(trace), right = lives(neighbour);
  const pairs = [];
  for (const cuts of [...new Set([...left.keys(), ...right.keys()])].sort((a, b) => a - b)) {
    pairs.push(...pairLife(cuts, regrouped(left.get(cuts) || []), regrouped(right.get(cuts) || [])));
  }
  return pairs;
}

function pairLife(cuts, left, right) {
  let same = 0;
  while (same < Math.min(left.length, right.length) && isSame(left[same], right[same])) same++;
  const from = Math.max(0, same - 3);
  const rows = from > 0 ? [{ note: `${plural(from, "step")} the same` }] : [];
  const pair = (a, b) => rows.push({ left: a, right: b, isDifferent: !isSame(a, b), cuts });
  const rest = [left, right].map((steps) => steps.slice(from));
  const length = Math.max(rest[0].length, rest[1].length);
  const shown = length <= PAIR_ROWS + PAIR_ROWS_LAST ? length : PAIR_ROWS;
  for (let i = 0; i < shown; i++) pair(rest[0][i], rest[1][i]);
  if (shown === length) return rows;
  // The ends face each other: there it is decided.
  const ends = rest.map((steps) => steps.slice(Math.max(PAIR_ROWS, steps.length - PAIR_ROWS_LAST)));
  rows.push({ note: `then ${rest.map((steps, i) =>
    plural(Math.max(0, steps.length - PAIR_ROWS - ends[i].length), "step")).join(" here and ")} there` });
  const most = Math.max(ends[0].length, ends[1].length);
  for (let i = 0; i < most; i++) {
    pair(ends[0][ends[0].length - most + i], ends[1][ends[1].length - most + i]);
  }
  return rows;
}

function pairCell(step, other) {
  if (!step) return el("td", {}, "");
  const isStateOdd = step.isStateNew && (!other || other.state_says !== step.state_says);
  return el("td", { class: `kind-${step.kind}` },
    el("span", { class: "muted" }, eventWords(step), " "), stepWords(step),
    isStateOdd ? el("div", { class: "muted" }, "STATE: ", step.state_says) : null,
    step.isActiveNew ? el("div", { class: "muted" }, "ACTIVE: ", step.active_holds) : null);
}

function neighbourPanel(screen) {
  const { trace, detail } = screen;
  const neighbour = detail.traces.find((other) => other.of_trace === trace.trace_id && other.steps.length);
  if (trace.kind !== "violation" || !neighbour) {
    return trace.kind === "violation"
      ? el("p", { class: "muted" }, "The log has no passing neighbour of this trace.") : null;
  }
  const rows = pairsOf(trace, neighbour).map((pair) => pair.note
    ? el("tr", {}, el("td", { colspan: "3", class: "muted" }, pair.note))
    : el("tr", { class: pair.isDifferent ? "different" : null }, pairCell(pair.left, pair.right),
      el("td", { "aria-label": pair.isDifferent ? "differs" : "same" }, pair.isDifferent ? "≠" : "="),
      pairCell(pair.right, pair.left)));
  return el("section", { class: "neighbour", id: "neighbour" },
    el("h4", {}, "Beside it, the nearest cut that passes"),
    el("div", { class: "scroll" }, el("table", { class: "pair" },
      el("thead", {}, el("tr", {},
        el("th", { scope: "col" }, `breaks: ${trace.trace || "no cut"}`), el("th", {}, ""),
        el("th", { scope: "col" }, `passes: ${neighbour.trace || "no cut"}`))),
      el("tbody", {}, rows))),
    el("p", {}, el("span", { class: "bad" }, "✘ ", trace.result), el("br"), "✔ ", neighbour.result));
}

// --- the whole scrubber

function traceChooser(screen) {
  return el("select", {
    id: "trace-chooser", "aria-label": "Trace",
    onchange: (event) => screen.showTrace(+event.target.value),
  }, screen.detail.traces.filter((trace) => trace.steps.length).map((trace) =>
    el("option", { value: String(trace.trace_id), selected: trace === screen.trace },
      traceTitle(trace))));
}

function scrubber(screen) {
  const { trace } = screen;
  if (!trace) return null;
  const step = trace.steps[screen.step];
  const last = trace.steps.length - 1;
  const button = (label, title, act, isOff) =>
    el("button", { type: "button", title, "aria-label": title, disabled: isOff, onclick: act }, label);
  return [
    el("div", { class: "controls" }, traceChooser(screen),
      button("|‹", "First step (Home)", () => screen.goTo(0), screen.step === 0),
      button("‹", "Step back (←)", () => screen.goTo(screen.step - 1), screen.step === 0),
      button("›", "Step on (→)", () => screen.goTo(screen.step + 1), screen.step === last),
      button("›|", "Last step (End)", () => screen.goTo(last), screen.step === last),
      button("next change", "Next change (n)", () => screen.goToChange(1)),
      el("input", {
        type: "range", min: "0", max: String(last), value: String(screen.step), id: "scrub",
        "aria-label": "Step of the trace",
        oninput: (event) => screen.goTo(+event.target.value, event.target),
      }),
      el("output", { id: "step-number" }, `step ${screen.step} of ${last}`)),
    trace.is_whole ? null : el("p", { class: "notice" },
      "Steps in the middle of this trace were left out for their number; a replay shows all."),
    el("div", { class: "scrub-panes" }, stepList(screen), stepPanel(step)),
    neighbourPanel(screen),
    command(`cutproof replay ${quoted(trace.replay_id)}${screen.replayTail}`, "replay"),
  ];
}
