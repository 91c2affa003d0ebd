// data.js: the data of the report as objects. Rows come as arrays; their columns, in the order
// of the queries in reports/html_data.c, get their names here.

const COLUMNS = {
  violations: ["promise", "trace", "replay_id", "cuts", "is_shortest", "claimed", "message",
    "indifferent", "is_of_search"],
  images: ["image", "name", "size"],
  promises: ["promise", "claimed", "exercised", "violated"],
  states_by: ["boot", "phase", "fault", "outcome", "image", "count"],
  failures: ["scenario", "promise", "kind", "message", "replay_id"],
  unexercised: ["scenario", "kind", "what"],
  measures: ["name", "value", "unit", "more_is", "source"],
  missing: ["scenario", "file"],
  sites: ["file", "line", "function", "operation", "fault", "times"],
  site_sums: ["file", "line", "operation", "fault", "times"],
  wear: ["device", "page", "erases_max", "excess_max"],
  times: ["name", "time_us"],
  cuts: ["fault", "first", "last", "outcome", "image", "times"],
  areas: ["area", "device", "offset", "size", "page_size", "page_count"],
  pages: ["area", "page", "holds"],
  traces: ["trace_id", "kind", "of_trace", "promise", "trace", "replay_id", "result", "events",
    "is_whole"],
  steps: ["trace_id", "life", "cuts", "kind", "event", "event_count", "phase", "area", "page",
    "offset", "word_count", "window_offset", "before", "after", "text", "file", "line", "function",
    "page_holds", "active_holds", "state_says"],
};

function named(object, key) {
  const names = COLUMNS[key];
  return (object[key] || []).map((row) => {
    const made = {};
    for (let i = 0; i < names.length; i++) made[names[i]] = row[i];
    return made;
  });
}

const report = JSON.parse(byId("overview-data").textContent);

for (const [index, log] of report.logs.entries()) {
  log.index = index;
  for (const key of ["failures", "unexercised", "measures", "missing", "site_sums"]) {
    log[key] = named(log, key);
  }
  for (const key of ["fault_names", "phase_names", "outcome_names"]) {
    log[key] = new Map(log[key] || []);
  }
}

// --- how a case stands

const STATUS = {
  fail: { word: "FAIL", mark: "✘", letter: "F", tone: "bad" },
  error: { word: "ERROR", mark: "✘", letter: "E", tone: "bad" },
  inconclusive: { word: "INCONCLUSIVE", mark: "?", letter: "?", tone: "doubt" },
  interrupted: { word: "INTERRUPTED", mark: "?", letter: "I", tone: "doubt" },
  missing: { word: "NOT RUN", mark: "–", letter: "–", tone: "doubt" },
  part: { word: "PART", mark: "½", letter: "½", tone: "doubt" },
  claimed: { word: "AS CLAIMED", mark: "✔", letter: "C", tone: "claim" },
  bounded: { word: "BOUNDED", mark: "✔", letter: "B", tone: "bound" },
  proved: { word: "PROVED", mark: "✔", letter: "P", tone: "good" },
};
const STATUS_ORDER = Object.keys(STATUS);

// As cutproof decides its exit code: only what is as expected, and whole, is well.
function statusOf(item) {
  if (!item.verdict) return "missing";
  if (item.verdict === "ERROR") return "error";
  if (item.violations.some((violation) => !violation.claimed)) return "fail";
  if (item.interrupted) return "interrupted";
  const isShort = !item.is_complete || (item.verdict === "BOUNDED" && item.expected === "PROVED");
  if (!item.met) return isShort && item.verdict !== "PROVED" ? "inconclusive" : "fail";
  if (item.shard) return "part";
  return { PROVED: "proved", BOUNDED: "bounded", VIOLATED: "claimed" }[item.verdict] || "fail";
}

function makeCase(item, index) {
  item.index = index;
  item.about = report.logs[item.log];
  for (const key of ["violations", "images", "promises", "states_by"]) item[key] = named(item, key);
  item.status = statusOf(item);
  return item;
}

// Cases that were selected and never begun have a row too, so that nobody misses them.
function missingCases(from) {
  const found = [];
  for (const log of report.logs) {
    for (const { scenario, file } of log.missing) {
      found.push({
        scenario, file, log: log.index, about: log, part: "–", format: "–", hash: "", verdict: null,
        status: "missing", violations: [], images: [], promises: [], states_by: [], detail: null,
        never: true, index: from + found.length,
      });
    }
  }
  return found;
}

const cases = report.cases.map(makeCase);
cases.push(...missingCases(cases.length));

// The counts of an outcome, image by image: [{key, words, letter, count}], largest first.
function outcomesOf(item) {
  const sums = new Map();
  for (const row of item.states_by) {
    const outcome = outcomeOf(item, row.outcome, row.image);
    const sum = sums.get(outcome.key) || { ...outcome, count: 0 };
    sum.count += row.count;
    sums.set(outcome.key, sum);
  }
  return [...sums.values()].sort((a, b) => b.count - a.count);
}

const OUTCOME_WORDS = {
  mixed: "a mix was started", "dfu-mode": "external DFU mode", "no-boot": "no boot",
  unknown: "not seen",
};
const OUTCOME_LETTERS = { mixed: "M", "dfu-mode": "D", "no-boot": "X", unknown: "?" };

function outcomeOf(item, id, image) {
  const name = item.about.outcome_names.get(id) || `outcome ${id}`;
  if (name === "started" && image !== null && image !== undefined) {
    const found = item.images.find((row) => row.image === image);
    return { key: `image-${Math.min(image, 3)}`,
      words: found ? `'${found.name}' is started` : `image ${image} is started`,
      letter: found ? (found.name[0] || "?").toLowerCase() : String(image) };
  }
  return { key: OUTCOME_WORDS[name] ? name : "unknown", words: OUTCOME_WORDS[name] || name,
    letter: OUTCOME_LETTERS[name] || "?" };
}

// --- the details of a case, unpacked when they are wanted

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

// `steps` say only what changed: here each knows all.
function tellAll(steps) {
  let active = "", state = "";
  for (const step of steps) {
    step.isActiveNew = step.active_holds !== null && step.active_holds !== active;
    step.isStateNew = step.state_says !== null && step.state_says !== state;
    active = step.active_holds ?? active;
    state = step.state_says ?? state;
    step.active_holds = active;
    step.state_says = state;
    step.isOperation = step.kind === "program" || step.kind === "erase";
  }
  return steps;
}

function makeDetail(raw) {
  const detail = { capped: raw.capped, yaml: raw.yaml && raw.yaml[0] ? raw.yaml[0][0] : null };
  for (const key of ["sites", "wear", "times", "cuts", "areas", "pages", "traces"]) {
    detail[key] = named(raw, key);
  }
  const steps = new Map();
  for (const step of named(raw, "steps")) {
    if (!steps.has(step.trace_id)) steps.set(step.trace_id, []);
    steps.get(step.trace_id).push(step);
  }
  for (const trace of detail.traces) {
    trace.steps = tellAll(steps.get(trace.trace_id) || []);
    trace.steps.forEach((step, i) => { step.index = i; });
  }
  detail.uncut = detail.traces.find((trace) => trace.kind === "uncut" && trace.steps.length) || null;
  return detail;
}

const EMPTY_DETAIL = () => makeDetail({});

async function detailOf(item) {
  const node = item.detail ? byId(`detail-${item.index}`) : null;
  if (!node) return { ...EMPTY_DETAIL(), lack: item.never ? null : "room" };
  if (typeof DecompressionStream === "undefined") return { ...EMPTY_DETAIL(), lack: "browser" };
  if (!item.unpacked) {
    item.unpacked = makeDetail(await unpack(node.textContent.trim()));
    item.unpacked.lack = item.detail === "brief" ? "steps" : null;
  }
  return item.unpacked;
}
