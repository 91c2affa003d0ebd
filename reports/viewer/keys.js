// keys.js: everything by keyboard.

const KEYS = [
  ["← →", "step back, step on"], ["Shift ← →", "move the chosen cut by one event"],
  ["↑ ↓", "in the strip: another fault"], ["Home End", "first step, last step"],
  ["n p", "next, previous change of STATE or ACTIVE, cut or violation"],
  ["N P", "next, previous violation"], ["+ - 0", "closer, farther, all of it"],
  ["j k", "next, previous case"], ["o", "overview"], ["/", "search cases"], ["?", "this help"],
  ["Esc", "leave the search, close this"],
];

function drawHelp() {
  fill(byId("help"), el("h2", {}, "Keys"),
    table(["key", "what it does"], KEYS.map(([keys, what]) =>
      [el("td", {}, keys.split(" ").map((key) => [el("kbd", {}, key), " "])), what])),
    el("button", { type: "button", onclick: () => byId("help").close() }, "Close"));
}

function inStep(act) {
  return () => (app.view === "case" && app.screen ? (act(app.screen), true) : false);
}

const ACTIONS = {
  ArrowLeft: inStep((screen) => screen.goTo(screen.step - 1)),
  ArrowRight: inStep((screen) => screen.goTo(screen.step + 1)),
  "Shift+ArrowLeft": inStep((screen) => screen.moveCut(-1)),
  "Shift+ArrowRight": inStep((screen) => screen.moveCut(1)),
  Home: inStep((screen) => screen.goTo(0)),
  End: inStep((screen) => screen.trace && screen.goTo(screen.trace.steps.length - 1)),
  n: inStep((screen) => screen.goToChange(1)),
  p: inStep((screen) => screen.goToChange(-1)),
  N: inStep((screen) => screen.nextViolation(1)),
  P: inStep((screen) => screen.nextViolation(-1)),
  "+": inStep((screen) => screen.zoom && screen.zoom(0.5)),
  "-": inStep((screen) => screen.zoom && screen.zoom(2)),
  0: inStep((screen) => screen.zoom && screen.zoom(Infinity)),
  j: () => app.moveCase(1),
  k: () => app.moveCase(-1),
  o: () => app.openOverview(),
  "/": () => { byId("search").focus(); return true; },
  "?": () => { byId("help").showModal(); return true; },
};

function actInStrip(event) {
  const strip = app.screen && app.screen.strip;
  if (!strip || document.activeElement !== strip.paper.canvas) return false;
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (by) {
    app.screen.moveFault(by);
    return true;
  }
  if (!app.screen.detail.uncut && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
    const fault = app.screen.cut ? app.screen.cut.fault : strip.faults[0];
    const at = app.screen.cut ? app.screen.cut.event : 0;
    app.screen.choose(at + (event.key === "ArrowRight" ? 1 : -1), fault);
    return true;
  }
  const isFirst = event.key === "ArrowRight" && app.screen.trace !== app.screen.detail.uncut;
  if (isFirst) app.screen.choose(app.screen.cut ? app.screen.cut.event : 1,
    app.screen.cut ? app.screen.cut.fault : strip.faults[0]);
  return isFirst;
}

function isTyping(target) {
  return target.matches("input[type=search], input[type=number], select, textarea");
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  if (event.key === "Escape" && event.target.id === "search") {
    event.target.blur();
    return;
  }
  if (isTyping(event.target)) {
    const found = side.shown[0];
    if (event.target.id === "search" && event.key === "Enter" && found) app.openCase(found);
    return;
  }
  const isScrub = event.target.id === "scrub" && /^(Arrow|Home|End)/.test(event.key);
  if (isScrub) return; // the slider does it by itself
  const name = event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key;
  const act = ACTIONS[name];
  if (actInStrip(event) || (act && act())) event.preventDefault();
}
