// case.js: the page of one case: its verdict, its violations, and the pictures of its flash.
//
// A screen holds what is chosen in a case: the trace, the step, the cut. Whoever changes it
// calls a function of the screen, which draws again what depends on it.

function makeScreen(item, detail) {
  const views = new Map();
  const screen = {
    item, detail, step: 0, cut: null, strip: null, timeline: null, replayTail: replayTail(item),
    trace: detail.traces.find((trace) => trace.kind === "violation" && trace.steps.length) ||
      detail.uncut || detail.traces.find((trace) => trace.steps.length) || null,
    viewOf: (trace) => {
      if (!views.has(trace)) views.set(trace, makeView(trace.steps.length));
      return views.get(trace);
    },
  };
  if (screen.trace) screen.step = interestingStep(screen.trace);
  addSteps(screen);
  addCuts(screen);
  return screen;
}

// Where to look first: at the last cut of a violation.
function interestingStep(trace) {
  const cut = trace.steps.findLast((step) => step.kind === "cut");
  const broken = trace.steps.find((step) => step.kind === "violation");
  return (cut || broken || trace.steps[0]).index;
}

function addSteps(screen) {
  screen.goTo = (step, keep) => {
    if (!screen.trace) return;
    screen.step = Math.min(Math.max(0, step), screen.trace.steps.length - 1);
    screen.viewOf(screen.trace).show(screen.step);
    if (screen.trace === screen.detail.uncut && screen.strip) followCut(screen);
    drawScrubber(screen, keep);
    drawTimeline(screen, false);
    const now = screen.trace.steps[screen.step];
    say(`step ${screen.step}: ${stepWords(now)}. STATE says ${now.state_says || "nothing"}.` +
      ` ACTIVE holds ${now.active_holds || "nothing"}.`);
  };
  screen.goToChange = (direction) => {
    const steps = screen.trace ? screen.trace.steps : [];
    for (let i = screen.step + direction; i >= 0 && i < steps.length; i += direction) {
      const step = steps[i];
      if (step.isStateNew || step.isActiveNew || step.kind === "cut" || step.kind === "violation") {
        screen.goTo(i);
        return;
      }
    }
    say(direction > 0 ? "No later change in this trace." : "No earlier change in this trace.");
  };
  screen.showTrace = (id, step) => {
    const trace = screen.detail.traces.find((one) => one.trace_id === id);
    if (!trace || !trace.steps.length) return;
    screen.trace = trace;
    screen.timeline = null;
    drawTimeline(screen, true);
    screen.goTo(step ?? interestingStep(trace));
  };
  screen.nextViolation = (direction) => {
    const broken = screen.detail.traces.filter((one) => one.kind === "violation" && one.steps.length);
    if (!broken.length) return say("The log has no trace of a violation of this case.");
    const at = broken.indexOf(screen.trace);
    const next = at < 0 ? 0 : (at + direction + broken.length) % broken.length;
    screen.showTrace(broken[next].trace_id);
    byId("scrubber").scrollIntoView({ block: "nearest" });
  };
}

// --- the chosen cut

// A step was chosen in the first run: the cut moves there.
function followCut(screen) {
  const step = screen.trace.steps[screen.step];
  const event = Math.max(1, step.event + step.event_count - 1);
  const isInside = screen.cut && screen.cut.event >= step.event && screen.cut.event <= event;
  screen.cut = { event: isInside ? screen.cut.event : event,
    fault: screen.cut ? screen.cut.fault : screen.strip.faults[0] };
  drawCut(screen);
}

function addCuts(screen) {
  screen.choose = (event, fault) => {
    const last = screen.strip.scale.last;
    screen.cut = { event: Math.min(Math.max(1, event), last), fault };
    if (screen.detail.uncut) {
      const step = screen.strip.scale.stepOf(screen.cut.event);
      if (screen.trace !== screen.detail.uncut) {
        screen.trace = screen.detail.uncut;
        screen.timeline = null;
        drawTimeline(screen, true);
      }
      screen.goTo(step ? step.index : 0);
    } else {
      drawCut(screen);
    }
  };
  screen.moveCut = (by) => {
    if (screen.cut) screen.choose(screen.cut.event + by, screen.cut.fault);
  };
  screen.moveFault = (by) => {
    const { faults } = screen.strip;
    const at = faults.indexOf(screen.cut ? screen.cut.fault : faults[0]);
    const next = faults[Math.min(Math.max(0, at + by), faults.length - 1)];
    screen.choose(screen.cut ? screen.cut.event : 1, next);
  };
}

// The cuts around that come to the same, and the next ones that do not.
function neighbourWords(screen, row) {
  const { rows } = screen.cut.fault;
  const isAlike = (other) => other && other.outcome === row.outcome && other.image === row.image;
  let from = rows.indexOf(row), to = from;
  while (isAlike(rows[from - 1])) from--;
  while (isAlike(rows[to + 1])) to++;
  const cuts = rows.slice(from, to + 1).reduce((sum, other) => sum + other.times, 0);
  const words = (other) => outcomeOf(screen.item, other.outcome, other.image).words;
  return [
    cuts === 1 ? "No cut with this fault beside it comes to the same."
      : `The same for ${plural(cuts, "cut")} with this fault, from event ${number(rows[from].first)} to` +
        ` ${number(rows[to].last)}.`,
    rows[from - 1] ? `Before them, at event ${number(rows[from - 1].last)}: ${words(rows[from - 1])}.` : "",
    rows[to + 1] ? `After them, at event ${number(rows[to + 1].first)}: ${words(rows[to + 1])}.` : "",
  ].filter(Boolean).join(" ");
}

function cutPanel(screen) {
  const { item, cut } = screen;
  if (!cut) {
    return el("p", { class: "muted" }, "Choose a cut: click into the strip, or go to it with Tab and use the" +
      " arrow keys. What came of it is told here, with the command that replays it.");
  }
  const row = findCut(cut.fault, cut.event);
  const trace = tokenOf(cut.fault.name, cut.event);
  const id = `${item.scenario}@${item.hash}:${trace}`;
  const outcome = row && outcomeOf(item, row.outcome, row.image);
  const broken = item.violations.filter((one) => one.trace === trace);
  return el("div", { class: "cut-panel" },
    el("p", {}, el("strong", {}, `Cut “${cut.fault.name}” at event `),
      el("input", { type: "number", id: "cut-event", min: "1", max: String(screen.strip.scale.last),
        value: String(cut.event), "aria-label": "Event of the cut",
        onchange: (event) => screen.choose(+event.target.value, cut.fault) }),
      " – ", outcome ? swatch(outcome.key, outcome.letter, outcome.words)
        : "this event was not cut with this fault: it is no such operation, or the scenario leaves it out."),
    row ? el("p", {}, "The device, left alone after it: ", el("strong", {}, outcome.words), ". ",
      neighbourWords(screen, row)) : null,
    broken.map((one) => el("p", { class: "bad" }, `✘ This cut breaks ${one.promise}: ${one.message}`)),
    row ? command(`cutproof replay ${quoted(id)}${screen.replayTail}`, "replay") : null);
}

function drawCut(screen) {
  fill(byId("cut"), cutPanel(screen));
  if (screen.strip) {
    if (screen.cut) screen.strip.view.show(screen.strip.scale.at(screen.cut.event));
    screen.strip.paper.draw();
  }
}

// --- drawing

function drawScrubber(screen, keep) {
  const place = byId("scrubber");
  const focused = document.activeElement && document.activeElement.id;
  if (keep && place.contains(keep)) { // while the slider is held it must stay
    const step = screen.trace.steps[screen.step];
    byId("step-list").replaceWith(stepList(screen));
    byId("step-panel").replaceWith(stepPanel(step));
    byId("step-number").textContent = `step ${screen.step} of ${screen.trace.steps.length - 1}`;
  } else {
    fill(place, scrubber(screen));
    if (["scrub", "step-list", "trace-chooser"].includes(focused)) byId(focused)?.focus();
  }
  const now = place.querySelector("tr.now");
  const list = byId("step-list");
  if (now && list) {
    const below = now.getBoundingClientRect().top - list.getBoundingClientRect().top;
    list.scrollTop += below - list.clientHeight / 2;
  }
}

function pagesTable(screen) {
  return table(["area", "pages", "hold"], pagesInWords(screen.timeline.rows, screen.step));
}

function drawTimeline(screen, isNew) {
  const place = byId("timeline");
  if (isNew || !screen.timeline) {
    screen.timeline = makeTimeline(screen);
    fill(place, screen.timeline ? [
      el("p", { class: "muted" }, `Of ${traceTitle(screen.trace)}. A row is a page, a column a step; a dashed` +
        " line is a power loss." + (screen.timeline.each > 1
        ? ` ${screen.timeline.each} pages share a row; the one that changes most is shown.` : "")),
      timelineLegend(screen.item), screen.timeline.paper.canvas,
      fold("What each page holds at the chosen step", false, el("div", { id: "pages-now" })),
      cappedNote(screen.detail.capped, "pages", "pages"),
    ] : missing(screen, "what the pages hold"));
  }
  if (screen.timeline) {
    screen.timeline.paper.draw();
    fill(byId("pages-now"), pagesTable(screen));
  }
}

// Why a picture is not there, in words.
function missing(screen, what) {
  const { item, detail } = screen;
  const why = detail.lack === "browser"
    ? "this browser cannot unpack the details (it lacks DecompressionStream); a newer one can"
    : detail.lack === "room" || detail.lack === "steps"
      ? `the report keeps ${size(report.detail_bytes_max)} of details at most, and other cases took them;` +
        " make a report of fewer logs, or replay"
      : item.never ? "the case was never begun"
        : !item.verdict ? "the case did not end, and its traces are made at its end"
          : item.verdict === "ERROR" ? "the case ended in an error, and its traces are made by replaying it"
            : "the log has none: the program may be no function of the flash, or the log of parts or of an" +
              " interrupted run";
  return el("p", { class: "notice" }, `Not here: ${what}. Reason: ${why}.`);
}

function zoomButtons(screen) {
  const views = () => [screen.strip && screen.strip.view,
    screen.trace && screen.viewOf(screen.trace)].filter(Boolean);
  const act = (factor) => () => {
    for (const view of new Set(views())) {
      const about = screen.cut && screen.strip && view === screen.strip.view
        ? screen.strip.scale.at(screen.cut.event) : screen.step;
      view.zoom(factor, Math.min(Math.max(view.from, about), view.to));
    }
    redrawAll();
  };
  const button = (label, title, factor) =>
    el("button", { type: "button", title, "aria-label": title, onclick: act(factor) }, label);
  screen.zoom = (factor) => act(factor)();
  return el("div", { class: "controls" }, button("+", "Closer (+)", 0.5), button("−", "Farther (-)", 2),
    button("all", "The whole run (0)", Infinity));
}

function stripSection(screen) {
  screen.strip = makeStrip(screen);
  if (!screen.strip) return missing(screen, "the cuts of the first run");
  const { faults, scale } = screen.strip;
  return [
    el("p", { class: "muted" }, `The first run of the device, ${plural(scale.last, "event")} from delivery to its` +
      " end, each cut once with each fault. Second and later cuts are in the verdict, not in this picture." +
      (screen.detail.uncut ? " Each step is as wide as the next; a step may be the programs of a page." : "")),
    stripLegend(screen.item, faults, !!screen.detail.uncut), screen.strip.paper.canvas, zoomButtons(screen),
    el("div", { id: "cut" }), fold("The strip as a table", false, stripTable(screen.item, faults)),
    cappedNote(screen.detail.capped, "cuts", "stretches"),
  ];
}

function violationCard(screen, row) {
  const trace = screen.detail.traces.find((one) =>
    one.kind === "violation" && one.promise === row.promise && one.steps.length);
  return el("article", { class: `card tone-${row.claimed ? "claim" : "bad"}` },
    el("h3", {}, row.claimed ? "✔ " : "✘ ", el("code", {}, row.promise),
      row.claimed ? " is broken, as claimed" : " is broken"),
    el("dl", { class: "facts" },
      fact("expected", PROMISE_WORDS[row.promise] || row.promise), fact("got", el("strong", {}, row.message)),
      fact("trace", row.is_of_search ? "of the whole search: no single run shows it"
        : `${row.trace || "no cut"} – ${plural(row.cuts, "power loss", "power losses")};` +
          (row.is_shortest ? " no trace with fewer exists" : " maybe not the shortest")),
      fact("no matter", row.indifferent)),
    trace ? el("button", { type: "button", class: "go",
      onclick: () => {
        screen.showTrace(trace.trace_id);
        byId("scrubber-title").scrollIntoView({ block: "start" });
      } }, "Step through it") : null,
    row.is_of_search ? null
      : command(`cutproof replay ${quoted(row.replay_id)}${screen.replayTail}`, "replay"));
}

function caseHead(item) {
  const one = cases.length === 1;
  return [
    one ? null : el("div", { class: `verdict tone-${STATUS[item.status].tone}` },
      el("span", { class: "mark", "aria-hidden": "true" }, STATUS[item.status].mark),
      el("h2", {}, el("strong", {}, STATUS[item.status].word), " ",
        el("span", { class: "case-name" }, item.scenario), ": ", sentence(item))),
    one ? el("h2", {}, item.scenario) : el("p", { class: "evidence" }, evidence(item)),
    item.because ? el("p", {}, el("span", { class: "muted" }, "The scenario says: "), item.because) : null,
    el("p", { class: "muted" }, `${item.file}${item.line ? `:${item.line}` : ""}, log ${item.about.path}` +
      (item.engine ? `, engine ${item.engine}` : "")),
  ];
}

function drawCase(screen) {
  const { item, detail } = screen;
  const hasTrace = detail.traces.some((trace) => trace.steps.length);
  fill(byId("case"), caseHead(item),
    item.violations.length ? el("h2", {}, "Violations") : null,
    item.violations.map((row) => violationCard(screen, row)),
    el("h2", {}, "What a cut comes to"), el("div", { id: "strip" }, stripSection(screen)),
    el("h2", {}, "What the pages hold"), el("div", { id: "timeline" }),
    el("h2", { id: "scrubber-title" }, "Step by step"),
    el("div", { id: "scrubber" }, hasTrace ? null : missing(screen, "traces step by step")),
    cappedNote(detail.capped, "steps", "steps of traces"),
    el("h2", {}, "States by depth"), depthTable(item),
    el("h2", {}, "Promises"), item.promises.length ? promiseTable(item)
      : el("p", { class: "muted" }, "The log has no promises of this case."),
    el("h2", {}, "Sites"), detail.sites.length ? siteTable(item, detail)
      : missing(screen, "the sites that were cut"),
    el("h2", {}, "Wear"), wearSection(item, detail),
    el("h2", {}, "Times"), timeTable(item, detail),
    el("h2", {}, "How to make it again"), caseCommands(item),
    detail.yaml ? fold(`The scenario: ${item.file}`, false, el("pre", { class: "yaml" }, detail.yaml)) : null);
  drawTimeline(screen, true);
  if (screen.trace) drawScrubber(screen);
  if (screen.strip) drawCut(screen);
  redrawAll();
}
