// words.js: verdicts in sentences, each with its bound.

const PROMISE_WORDS = {
  "bootable": "a boot that is left alone starts a complete, known image",
  "resumes": "an interrupted swap or revert is finished",
  "update-completes": "a requested update starts the new image",
  "no-phantom-update": "nothing that was not requested is started",
  "trial-happens": "a new image is reverted only after it was started",
  "unconfirmed-reverts": "a new image that does not confirm is replaced by the old one",
  "confirmed-stays": "a confirmed image stays",
  "tells-truth": "get_state agrees with ACTIVE and with what happened",
  "legal-flash-use": "the flash is used only as its manual allows",
  "bounded-wear": "erases per page and update stay within the stated bound",
  "progresses": "every power-on that lasts gets further, within the watchdog",
  "authentic": "an update starts only an image with a right signature",
  "no-downgrade": "an update starts no image with a smaller security counter",
  "last-resort": "a device that is damaged starts the image in FACTORY",
  "error-safe": "an operation that fails loses no image and starts no wrong one",
};

const STOP_WORDS = {
  violation: "at a violation", claims: "when all claims were seen", states: "at its number of states",
  time: "at its budget of time", "memory-budget": "at its budget of memory",
  memory: "for lack of memory", signal: "by a signal", log: "because the log could not be written",
  "no-function": "because the program is no function of the flash",
  apart: "where host build and ARM code did not do the same",
};

const listed = (words) =>
  words.length < 2 ? words.join("") : words.slice(0, -1).join(", ") + " and " + words.at(-1);

const checked = (item) => item.promises.filter((row) => !row.claimed).map((row) => row.promise);
const claimed = (item) => item.promises.filter((row) => row.claimed).map((row) => row.promise);

const where = (item) => `${item.part}, format ${item.format}`;

const counts = (item) =>
  `${plural(item.states, "state")}, ${plural(item.cuts, "cut")}, ${plural(item.operations, "operation")}`;

const depth = (item) =>
  `at most ${plural(item.cuts_deepest, "power loss", "power losses")} in an explored history`;

function failWords(item) {
  const broken = item.violations.filter((row) => !row.claimed);
  const held = claimed(item).filter((name) => !item.violations.some((row) => row.promise === name));
  if (broken.length) {
    return `${listed(broken.map((row) => row.promise))} ${broken.length > 1 ? "are" : "is"} broken` +
      ` on ${where(item)}: ${broken[0].message}`;
  }
  if (held.length) {
    return `the scenario claims that ${listed(held)} ${held.length > 1 ? "are" : "is"} broken, and` +
      ` ${held.length > 1 ? "they were" : "it was"} not (${item.bound})`;
  }
  if (item.verdict !== item.expected) {
    return `expected ${item.expected}, got ${item.verdict}: ${item.bound}`;
  }
  return item.states < item.states_min
    ? `explored ${number(item.states)} states, expected at least ${number(item.states_min)}`
    : `not as expected: ${item.bound}`;
}

const promisesWords = (item) =>
  checked(item).length ? listed(checked(item)) : "no promise";

// The verdict of a case: what is claimed, for what, within which bound.
const SENTENCES = {
  proved: (item) => `no sequence of power losses in the bound breaks ${promisesWords(item)}` +
    ` on ${where(item)}. Bound: ${item.bound}`,
  bounded: (item) => `as expected, no promise of ${promisesWords(item)} broke on ${where(item)}` +
    ` within this bound; what lies beyond was not searched. Bound: ${item.bound}`,
  claimed: (item) => `violated as the scenario claims, on ${where(item)}:` +
    ` ${listed(item.violations.map((row) => row.promise))}. Bound: ${item.bound}`,
  fail: failWords,
  error: (item) => `nothing is known of this case. ${item.error || ""}`,
  inconclusive: (item) => `no violation was found on ${where(item)}, but the search stopped short` +
    (item.stopped_by ? ` ${STOP_WORDS[item.stopped_by] || item.stopped_by}` : "") +
    `. This is no proof. Bound: ${item.bound}`,
  unfinished: (item) => item.verdict
    ? `a signal stopped the search on ${where(item)}; no violation was found up to there. This is no` +
      ` proof. Bound: ${item.bound}`
    : `the run was killed, or still goes on: this case on ${where(item)} did not end. This is no proof`,
  missing: () => "selected, and never begun: nothing is known of this case",
  part: (item) => `only part ${item.shard} of this case: its verdict is ${item.verdict}, of the` +
    ` whole nothing is known before all parts are merged. Bound: ${item.bound}`,
};

const sentence = (item) => SENTENCES[item.status](item).replace(/([^.!?])$/, "$1.");

const coreOf = (log) => `core ${log.run.core_name} ${log.run.core_hash}`;

function evidence(item) {
  if (item.never) return `${coreOf(item.about)}.`;
  if (!item.verdict) return `${plural(item.states, "state")} so far; ${coreOf(item.about)}; case ${item.hash}.`;
  return `${counts(item)}; ${depth(item)}; ${Number(item.seconds).toFixed(1)} s;` +
    ` ${coreOf(item.about)}; case ${item.hash}.`;
}

// --- the whole report

const STATUS_COUNT_WORDS = {
  fail: "failed", error: "in error", inconclusive: "inconclusive", unfinished: "unfinished",
  missing: "not begun", part: "in part only", claimed: "violated as claimed",
  bounded: "bounded as expected", proved: "proved",
};

function countByStatus() {
  const counted = new Map();
  for (const item of cases) counted.set(item.status, (counted.get(item.status) || 0) + 1);
  return STATUS_ORDER.filter((name) => counted.has(name))
    .map((name) => ({ name, count: counted.get(name) }));
}

const incompleteLogs = () => report.logs.filter((log) => !log.is_complete);

// The worst of all: what is not whole is never well.
function overall() {
  const found = countByStatus().map((row) => row.name);
  if (!cases.length) return "missing";
  if (found.includes("fail") || found.includes("error")) {
    return found.includes("fail") ? "fail" : "error";
  }
  const doubt = found.find((name) => STATUS[name].tone === "doubt");
  if (doubt || incompleteLogs().length) return doubt && cases.length === 1 ? doubt : "inconclusive";
  return found.length === 1 ? found[0] : "met";
}

STATUS.met = { word: "AS EXPECTED", mark: "✔", letter: "✔", tone: "good" };

function countsSentence() {
  const words = countByStatus().map((row) => `${number(row.count)} ${STATUS_COUNT_WORDS[row.name]}`);
  return `${plural(cases.length, "case")}: ${words.join(", ")}.`;
}

function overallSentence(status) {
  if (!cases.length) return "the log has no case: nothing was run, nothing is known.";
  if (cases.length === 1) return sentence(cases[0]);
  const tail = countsSentence();
  if (status === "fail") return `a promise broke, or a case ended otherwise than expected. ${tail}`;
  if (status === "error") return `a case could not be run to its end. ${tail}`;
  if (STATUS[status].tone === "doubt") {
    return `no unclaimed violation was found, but not all was searched. This is no proof. ${tail}`;
  }
  return `every expectation is met, each within the bound of its case. ${tail}`;
}
