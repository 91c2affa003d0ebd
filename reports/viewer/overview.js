// overview.js: the banner, the list of cases at the side, and what is told of all of them.

function chip(status) {
  const about = STATUS[status];
  return el("span", { class: `chip tone-${about.tone}` }, `${about.mark} ${about.word}`);
}

// --- the banner

function drawBanner() {
  const status = overall();
  const about = STATUS[status];
  const one = cases.length === 1 ? cases[0] : null;
  const lacking = incompleteLogs();
  const total = cases.reduce((sum, item) => sum + (item.states || 0), 0);
  const parts = new Set(cases.filter((item) => !item.never).map((item) => item.part));
  document.title = `${about.word} – Cutproof report`;
  document.body.dataset.tone = about.tone;
  fill(byId("banner"),
    el("div", { class: `verdict tone-${about.tone}` },
      el("span", { class: "mark", "aria-hidden": "true" }, about.mark),
      el("h1", {}, el("strong", {}, about.word === "FAIL" && !one ? "FAILED" : about.word), ": ", overallSentence(status))),
    el("p", { class: "evidence" }, one ? evidence(one)
      : `${plural(total, "state")}, ${plural(parts.size, "part")}, ` +
        [...new Set(report.logs.map(coreOf))].join("; ") + ". " +
        "PROVED holds within the bound of its case: the geometry, the images, the script and the fault" +
        " model of the scenario."),
    lacking.length ? el("p", { class: "notice" },
      `${lacking.map((log) => log.path).join(", ")}: the run is not complete. What is shown is what` +
      " was found, and that is not all.") : null,
    el("p", { class: "muted keys-hint" }, "Keys: ", el("kbd", {}, "?"), " help, ", el("kbd", {}, "/"),
      " search, ", el("kbd", {}, "j"), " ", el("kbd", {}, "k"), " case, ", el("kbd", {}, "←"), " ",
      el("kbd", {}, "→"), " step, ", el("kbd", {}, "n"), " ", el("kbd", {}, "p"), " change"));
}

// --- the cases at the side

// A long name may be broken where its parts begin.
const breakable = (name) =>
  name.split(/(?<=[/[=,])/).flatMap((part, i) => (i ? [el("wbr"), part] : [part]));

const side = { filter: "", status: null, shown: [] };

const caseText = (item) => [
  item.scenario, item.part, item.format, item.file, STATUS[item.status].word, item.about.path,
  ...item.promises.map((row) => row.promise), ...item.violations.map((row) => row.message),
].join(" ").toLowerCase();

function matches(item) {
  item.text ??= caseText(item);
  return (!side.status || item.status === side.status) &&
    side.filter.toLowerCase().split(/\s+/).every((word) => item.text.includes(word));
}

function caseLink(item) {
  const about = STATUS[item.status];
  return el("li", {}, el("button", {
    type: "button", class: "case-link", "data-case": String(item.index),
    "aria-current": app.item === item && app.view === "case" ? "true" : null,
    onclick: () => app.openCase(item),
  },
  el("span", { class: `badge tone-${about.tone}`, title: about.word, "aria-label": about.word }, about.letter),
  el("span", { class: "name" }, breakable(item.scenario)),
  el("span", { class: "muted part" }, item.part,
    report.logs.length > 1 ? ` · ${item.about.path}` : "")));
}

// What is not as expected comes first, then the order of the log.
const TONE_ORDER = { bad: 0, doubt: 1 };
const urgency = (item) => TONE_ORDER[STATUS[item.status].tone] ?? 2;

function drawCaseList() {
  side.shown = cases.filter(matches).sort((a, b) => urgency(a) - urgency(b) || a.index - b.index);
  fill(byId("case-list"), side.shown.map(caseLink));
  byId("case-count").textContent = side.shown.length === cases.length
    ? plural(cases.length, "case") : `${side.shown.length} of ${plural(cases.length, "case")}`;
}

function statusFilter() {
  return el("div", { class: "filters", role: "group", "aria-label": "Only those" },
    countByStatus().map((row) => el("button", {
      type: "button", class: `chip tone-${STATUS[row.name].tone}`, "aria-pressed": "false",
      onclick: (event) => {
        side.status = side.status === row.name ? null : row.name;
        for (const other of event.currentTarget.parentNode.children) {
          other.setAttribute("aria-pressed", String(other === event.currentTarget && !!side.status));
        }
        drawCaseList();
      },
    }, `${STATUS[row.name].letter} ${row.count}`, el("span", { class: "hidden" }, STATUS[row.name].word))));
}

function drawSide() {
  fill(byId("side"),
    el("button", { type: "button", class: "case-link overview-link", id: "overview-link",
      onclick: () => app.openOverview() }, "Overview"),
    el("input", { type: "search", id: "search", placeholder: "Search cases  ( / )",
      "aria-label": "Search cases: name, part, format, verdict, promise",
      oninput: (event) => { side.filter = event.target.value.trim(); drawCaseList(); } }),
    statusFilter(), el("p", { class: "muted", id: "case-count" }),
    el("ul", { id: "case-list" }));
  drawCaseList();
}

// --- what needs a look

function failureCard(item) {
  const broken = item.violations.filter((row) => !row.claimed);
  return el("article", { class: `card tone-${STATUS[item.status].tone}` },
    el("h3", {}, chip(item.status), " ", el("button", { type: "button", class: "link",
      onclick: () => app.openCase(item) }, item.scenario)),
    el("p", {}, sentence(item)),
    broken.map((row) => el("div", {},
      broken.length > 1 ? el("p", {}, el("code", {}, row.promise), " – ", row.message) : null,
      row.is_of_search ? null
        : command(`cutproof replay ${quoted(row.replay_id)}${replayTail(item)}`, "replay"))));
}

function needsLook() {
  const found = cases.filter((item) => ["bad", "doubt"].includes(STATUS[item.status].tone))
    .sort((a, b) => STATUS_ORDER.indexOf(a.status) - STATUS_ORDER.indexOf(b.status));
  if (!found.length) return el("p", {}, "Nothing: every case ended as expected.");
  const shown = found.slice(0, 40);
  return [shown.map(failureCard), found.length > shown.length
    ? el("p", { class: "notice" }, `${found.length - shown.length} more are in the list of cases.`) : null];
}

// --- scenario x part

const baseName = (item) => item.scenario.replace(/\[.*$/, "");

function matrixCell(items) {
  return el("td", { class: "cell" }, items.map((item) => el("button", {
    type: "button", class: `badge tone-${STATUS[item.status].tone}`, onclick: () => app.openCase(item),
    title: `${item.scenario} on ${item.part}: ${STATUS[item.status].word}`,
    "aria-label": `${item.scenario} on ${item.part}: ${STATUS[item.status].word}`,
  }, STATUS[item.status].letter)));
}

// Rows are scenarios; their matrix choices share a cell. Columns are parts.
function matrix() {
  const parts = [...new Set(cases.map((item) => item.part))].sort();
  const rows = new Map();
  for (const item of cases) {
    const name = baseName(item);
    if (!rows.has(name)) rows.set(name, []);
    rows.get(name).push(item);
  }
  const outcomes = (items) => {
    const sums = new Map();
    for (const row of items.flatMap(outcomesOf)) {
      const sum = sums.get(row.key) || { ...row, count: 0 };
      sum.count += row.count;
      sums.set(row.key, sum);
    }
    return [...sums.values()].sort((a, b) => b.count - a.count);
  };
  return el("div", { class: "scroll matrix-box" }, el("table", { class: "matrix" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "scenario"),
      el("th", { scope: "col" }, "outcomes of boots"),
      parts.map((part) => el("th", { scope: "col", class: "part" }, el("span", {}, part))))),
    el("tbody", {}, [...rows].map(([name, items]) => el("tr", {},
      el("th", { scope: "row" }, name), el("td", {}, bar(outcomes(items))),
      parts.map((part) => {
        const here = items.filter((item) => item.part === part);
        return here.length ? matrixCell(here) : el("td", {}, "");
      }))))));
}

function matrixLegend() {
  return el("p", { class: "legend" },
    countByStatus().map((row) => el("span", { class: "key" },
      el("span", { class: `badge tone-${STATUS[row.name].tone}` }, STATUS[row.name].letter),
      STATUS[row.name].word)));
}

// --- coverage over all

function neverLists() {
  const promises = new Map(), sites = new Map();
  for (const item of cases.filter((one) => ["PROVED", "BOUNDED"].includes(one.verdict))) {
    for (const row of item.promises) {
      promises.set(row.promise, (promises.get(row.promise) || 0) + row.exercised);
    }
  }
  for (const row of report.logs.flatMap((log) => log.site_sums)) {
    if (row.fault === "none") continue;
    const key = `${row.operation} at ${row.file}:${row.line}, fault ${row.fault}`;
    sites.set(key, (sites.get(key) || 0) + row.times);
  }
  const never = (sums) => [...sums].filter(([, times]) => !times).map(([name]) => name);
  return { promises: never(promises), sites: never(sites), promiseCount: promises.size,
    siteCount: sites.size };
}

const MEASURES_MORE = { worse: "less is better", better: "more is better", neither: "" };

function coverageSection() {
  const never = neverLists();
  const measures = report.logs.flatMap((log) => log.measures.map((row) => [
    el("td", {}, el("code", {}, row.name)), number(row.value), row.unit, MEASURES_MORE[row.more_is] || "",
    row.source, report.logs.length > 1 ? log.path : ""]));
  const list = (words) => el("ul", { class: "plain" }, words.map((word) => el("li", {}, el("code", {}, word))));
  const unexercised = report.logs.flatMap((log) => log.unexercised);
  return [
    el("p", {}, "Over the cases that are PROVED or BOUNDED; one that stopped at its violation says" +
      " nothing about what it did not reach."),
    el("h3", {}, `Promises never exercised: ${never.promises.length} of ${never.promiseCount}`),
    never.promises.length ? list(never.promises) : null,
    el("h3", {}, `Sites never cut with a fault they were to be cut with: ${never.sites.length} of` +
      ` ${never.siteCount}`),
    never.sites.length ? list(never.sites.slice(0, 200)) : null,
    unexercised.length ? fold(`Never in a single case: ${plural(unexercised.length, "row")} (view unexercised)`, false,
      table(["case", "kind", "what"], unexercised.slice(0, 500).map((row) => [row.scenario, row.kind, row.what])),
      unexercised.length > 500 ? el("p", { class: "notice" }, "Only the first 500 are shown.") : null) : null,
    el("h3", {}, "Measures of the build"),
    measures.length ? table(["measure", "value", "unit", "", "measured by", ""], measures, { right: [1] })
      : el("p", { class: "muted" }, "None in the log; ", el("code", {}, "cutproof measure"), " adds them."),
  ];
}

// --- all of it

function caseTable() {
  return table(["verdict", "case", "part", "format", "states", "most power losses", "seconds", "bound",
    ...(report.logs.length > 1 ? ["log"] : [])],
  cases.map((item) => [chip(item.status),
    el("td", {}, el("button", { type: "button", class: "link", onclick: () => app.openCase(item) }, item.scenario)),
    item.part, item.format, number(item.states), number(item.cuts_deepest),
    item.seconds === null || item.seconds === undefined ? "–" : Number(item.seconds).toFixed(1),
    item.bound || "", ...(report.logs.length > 1 ? [item.about.path] : [])]),
  { right: [4, 5, 6], class: "cases" });
}

function drawOverview() {
  fill(byId("overview"),
    el("h2", {}, "What needs a look"), needsLook(),
    el("h2", {}, "Scenario × part"), matrixLegend(), matrix(),
    el("h2", {}, "All cases"), caseTable(),
    el("h2", {}, "Coverage"), coverageSection(),
    el("h2", {}, "How to make it again"), reproduceSection());
}
