// main.js: what is open, and the start.

const app = { view: "overview", item: null, screen: null };

function setView(view) {
  app.view = view;
  document.body.dataset.view = view;
  byId("overview-link").setAttribute("aria-current", String(view === "overview"));
  for (const link of byId("case-list").querySelectorAll(".case-link")) {
    const isOpen = view === "case" && app.item && +link.dataset.case === app.item.index;
    if (isOpen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

app.openOverview = () => {
  setView("overview");
  redrawAll();
  scrollTo(0, 0);
  history.replaceState(null, "", "#");
  return true;
};

app.openCase = async (item) => {
  app.item = item;
  setView("case");
  history.replaceState(null, "", `#${encodeURIComponent(item.scenario)}~${item.index}`);
  let detail;
  try {
    detail = await detailOf(item);
  } catch (error) {
    fill(byId("case"), el("p", { class: "notice" }, `The details of this case cannot be unpacked: ${error}`));
    return;
  }
  if (app.item !== item) return; // another was opened meanwhile
  app.screen = makeScreen(item, detail);
  drawCase(app.screen);
  scrollTo(0, 0);
  const link = byId("case-list").querySelector("[aria-current]");
  if (link) link.scrollIntoView({ block: "nearest" });
  document.body.dataset.case = String(item.index); // drawn: a driver can wait for it
};

app.moveCase = (by) => {
  const { shown } = side;
  if (!shown.length) return false;
  const at = app.view === "case" ? shown.indexOf(app.item) : by > 0 ? -1 : shown.length;
  app.openCase(shown[Math.min(Math.max(0, at + by), shown.length - 1)]);
  return true;
};

// Which case to open at first: that of the address, else the worst one, if there is one.
function firstCase() {
  const match = /~(\d+)$/.exec(location.hash);
  if (match && cases[+match[1]]) return cases[+match[1]];
  return cases.length === 1 ? cases[0] : null;
}

// On paper all is open and light, at a width of its own.
function startPrint() {
  document.documentElement.dataset.print = "1";
  for (const details of document.querySelectorAll("details:not([open])")) {
    details.dataset.closed = "1";
    details.open = true;
  }
  for (const canvas of document.querySelectorAll("canvas.picture")) {
    canvas.paper.printWidth = 760;
    canvas.paper.draw();
  }
}

function endPrint() {
  delete document.documentElement.dataset.print;
  for (const details of document.querySelectorAll("details[data-closed]")) {
    delete details.dataset.closed;
    details.open = false;
  }
  for (const canvas of document.querySelectorAll("canvas.picture")) canvas.paper.printWidth = 0;
  redrawAll();
}

async function start() {
  drawBanner();
  drawSide();
  drawOverview();
  drawHelp();
  document.body.classList.toggle("single", cases.length === 1);
  addEventListener("keydown", onKey);
  addEventListener("beforeprint", startPrint);
  addEventListener("afterprint", endPrint);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
  const item = firstCase();
  if (item) await app.openCase(item);
  document.body.dataset.ready = String(Math.round(performance.now())); // for whoever measures
}

start();
