// evidence.js: what stands behind a verdict: states by depth, promises, sites, wear, times, and
// how to make all of it again.

// --- states by the number of power losses

function depthTable(item) {
  if (!item.states_by.length) return el("p", { class: "muted" }, "The log has no states of this case.");
  const byBoot = new Map();
  for (const row of item.states_by) {
    if (!byBoot.has(row.boot)) byBoot.set(row.boot, { ...item, states_by: [] });
    byBoot.get(row.boot).states_by.push(row);
  }
  const rows = [...byBoot.entries()].sort((a, b) => a[0] - b[0]).map(([boot, part]) => {
    const outcomes = outcomesOf(part);
    const sum = outcomes.reduce((total, row) => total + row.count, 0);
    return [number(boot), number(sum), bar(outcomes),
      outcomes.map((row) => `${row.words} ${number(row.count)}`).join("; ")];
  });
  return table(["power losses", "states", "what a boot left alone comes to", "in numbers"], rows,
    { right: [0, 1], class: "depth" });
}

// --- promises

function promiseTable(item) {
  return table(["promise", "what it says", "at stake", "broken", ""],
    item.promises.map((row) => [
      el("td", {}, el("code", {}, row.promise)), PROMISE_WORDS[row.promise] || "",
      number(row.exercised), number(row.violated),
      row.claimed ? "claimed to be broken" : row.exercised ? ""
        : el("strong", { class: "doubt" }, "! never exercised"),
    ]), { right: [2, 3] });
}

// --- sites

function siteTable(item, detail) {
  const faults = [...new Set(detail.sites.map((row) => row.fault))]
    .sort((a, b) => (b === "none") - (a === "none") || (a < b ? -1 : 1));
  const bySite = new Map();
  for (const row of detail.sites) {
    const key = `${row.file}:${row.line} ${row.function} ${row.operation}`;
    if (!bySite.has(key)) bySite.set(key, { row, times: new Map() });
    bySite.get(key).times.set(row.fault, row.times);
  }
  const cell = (times, fault) => {
    if (times === undefined) return el("td", { class: "right muted" }, "–");
    return times === 0 && fault !== "none"
      ? el("td", { class: "right never" }, "never") : el("td", { class: "right" }, number(times));
  };
  return table(["site", "function", "operation",
    ...faults.map((fault) => (fault === "none" ? "executed" : `cut ${fault}`))],
  [...bySite.values()].map(({ row, times }) => [
    el("td", {}, el("code", {}, `${row.file}:${row.line}`)), row.function, row.operation,
    ...faults.map((fault) => cell(times.get(fault), fault)),
  ]), { class: "sites", right: faults.map((_, i) => i + 3) });
}

// --- wear

function areaOfPage(detail, device, page) {
  for (const area of detail.areas) {
    if (area.device !== device || !area.page_size) continue;
    const first = area.offset / area.page_size;
    if (page >= first && page < first + area.page_count) return { area: area.area, page: page - first };
  }
  return null;
}

function wearRuns(detail) {
  const runs = [];
  for (const row of detail.wear) {
    const last = runs.at(-1);
    const place = areaOfPage(detail, row.device, row.page);
    const area = place ? place.area : "";
    if (last && last.device === row.device && last.to === row.page - 1 && last.area === area &&
        last.erases_max === row.erases_max && last.excess_max === row.excess_max) {
      last.to = row.page;
      last.toInArea = place && place.page;
    } else {
      runs.push({ ...row, from: row.page, to: row.page, area, inArea: place && place.page,
        toInArea: place && place.page });
    }
  }
  return runs;
}

function wearPicture(detail) {
  const rows = detail.wear;
  const most = Math.max(...rows.map((row) => row.erases_max), 1);
  const height = 84;
  return picture({
    label: `Wear: most erases in one update, of ${rows.length} pages; the most is ${most}. The table` +
      " below says the same.",
    height: () => height + 18,
    draw: (paper) => {
      const left = gutterOf(paper);
      const width = Math.min(26, (paper.width - left) / rows.length);
      paper.text("most erases", 0, 10);
      paper.text("in one update", 0, 24);
      paper.text(String(most), left - 6, 8, "right");
      let area = null, free = left; // where the next name has room
      rows.forEach((row, i) => {
        const tall = (row.erases_max / most) * (height - 8);
        paper.box("wear", left + i * width, height - tall, Math.max(width - 1, 0.8), tall,
          width > 14 ? String(row.erases_max) : "");
        const place = areaOfPage(detail, row.device, row.page);
        const name = place ? place.area : `device ${row.device}`;
        const x = left + i * width;
        if (name !== area) {
          paper.text(name, Math.max(x, free), height + 9);
          free = Math.max(x, free) + paper.context.measureText(name).width + 6;
        }
        area = name;
      });
    },
  });
}

function wearSection(item, detail) {
  if (!detail.wear.length) return el("p", { class: "muted" }, "No page was erased.");
  const erases = detail.wear.map((row) => row.erases_max);
  const mean = erases.reduce((sum, value) => sum + value, 0) / erases.length;
  const span = (from, to) => (from === to ? `${from}` : `${from}–${to}`);
  return [
    el("p", {}, `Most erases of a page in one update: ${Math.max(...erases)}; on average over` +
      ` ${plural(erases.length, "erased page")} ${mean.toFixed(1)}. ` + (item.is_wear_exact
      ? "Followed over every explored history." : "On the paths taken, not over every history.")),
    wearPicture(detail).canvas,
    fold("Wear as a table", false, table(
      ["device", "pages", "area", "most erases in one update", "beyond one for each power loss"],
      wearRuns(detail).map((run) => [run.device, span(run.from, run.to),
        run.area ? `${run.area}[${span(run.inArea, run.toInArea)}]` : "", run.erases_max, run.excess_max]),
      { right: [3, 4] })),
    cappedNote(detail.capped, "wear", "pages"),
  ];
}

// --- times

const TIME_WORDS = {
  uncut: "first run without a power loss", update: "an update", revert: "a revert",
  "resume-max": "longest boot that is left alone",
  uptime: "finishes if each power-on lasts so long", "unfed-max": "longest without feeding the watchdog",
};

function timeTable(item, detail) {
  const rows = detail.times.map((row) => [TIME_WORDS[row.name] || row.name, time(row.time_us),
    `${number(row.time_us)} µs`]);
  if (item.uptime_operations) {
    rows.push(["finishes if each power-on lasts so many operations", number(item.uptime_operations), ""]);
  }
  if (item.boot_operations_max) {
    rows.push(["most operations of a boot that is left alone", number(item.boot_operations_max), ""]);
  }
  if (!rows.length) return el("p", { class: "muted" }, "The log has no times of this case.");
  return [table([`on the clock of ${item.part}`, "", ""], rows, { right: [1, 2] }),
    el("p", { class: "muted" }, "Flash operations only, at the times of the part's manual.")];
}

// --- how to make it again

function coreOption(log) {
  const match = /--core[= ]('[^']*'|\S+)/.exec(log.run.command_line || "");
  return match ? ` --core ${match[1]}` : "";
}

const sqlCommand = (log, sql) => command(`sqlite3 ${quoted(log.path)} ${quoted(sql)}`);

function caseCommands(item) {
  const log = item.about;
  return [
    command(`cutproof run ${quoted(item.file)} --case ${quoted(item.scenario)}${coreOption(log)}`, "again"),
    item.hash ? command(`cutproof replay ${quoted(`${item.scenario}@${item.hash}:`)}${replayTail(item)}`,
      "the run without cuts") : null,
    sqlCommand(log, "select phase, fault, outcome, count from outcomes where scenario = " +
      `'${item.scenario.replaceAll("'", "''")}'`),
  ];
}

const replayTail = (item) =>
  `${coreOption(item.about)} --log ${quoted(item.about.path)}`;

function logSection(log) {
  const run = log.run;
  const state = log.is_complete ? "complete" : "not complete";
  return el("section", { class: "log" },
    el("h3", {}, el("code", {}, log.path), " ",
      el("span", { class: `chip tone-${log.is_complete ? "good" : "doubt"}` },
        log.is_complete ? "✔ complete" : "? not complete")),
    el("p", {}, `cutproof ${run.version}, ${coreOf(log)}, engine ${run.engine}` +
      (run.shard ? `, part ${run.shard} of every case` : "") + (run.is_audit ? ", with --audit" : "") +
      `; started ${run.started_at}, ` +
      (run.finished_at ? `ended ${run.finished_at}` : "not ended: killed, or still running") +
      `; the log is ${state}; SQLite ${run.sqlite_version}.`),
    log.is_complete ? null : command(`cutproof run --resume ${quoted(log.path)}${coreOption(log)}`, "go on"),
    command(run.command_line.startsWith("cutproof") ? run.command_line
      : `cutproof ${run.command_line}`, "made by"));
}

const SQL_EXAMPLES = [
  "select * from failures", "select * from outcomes", "select * from unexercised",
  "select scenario, verdict, states, bound from cases order by states desc limit 10",
  "select * from states_named where outcome <> 'started' limit 20",
];

function reproduceSection() {
  const first = report.logs[0];
  return [
    report.logs.map(logSection),
    el("h3", {}, "Ask the log"),
    first ? SQL_EXAMPLES.map((sql) => sqlCommand(first, sql)) : null,
    el("p", { class: "muted" }, `Report by cutproof ${report.version}, log schema ${report.schema}.` +
      " Tables and views: docs/SPEC.md, section 5. A replay id holds a hash of scenario and core:" +
      " another build refuses it and says so."),
  ];
}
