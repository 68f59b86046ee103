"use strict";

const body = document.body;
const clusters = document.getElementById("clusters");
const search = document.getElementById("search");
const sort = document.getElementById("sort");
const tones = ["bad", "waiting", "moving", "good", "quiet"];
const FEW = 3; // so many clusters are open without being asked for
let filter = "";

// ---------------------------------------------------------------- AWS's clock

const clock = { read: Date.parse(body.dataset.read), age: 0, received: performance.now() };

function age() {
  return clock.age + (performance.now() - clock.received) / 1000;
}

function inWords(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} d`;
}

function showTimes() {
  if (!("live" in body.dataset)) return;
  const now = clock.read + age() * 1000;
  document.getElementById("age").textContent = `(${inWords(age())} ago)`;
  for (const bar of clusters.querySelectorAll("progress")) {
    bar.value = Math.min(bar.max, Math.max(0, (now - Date.parse(bar.dataset.since)) / 1000));
    const text = bar.nextElementSibling;
    const left = (Date.parse(text.dataset.expected) - now) / 1000;
    text.textContent = left >= 0 ? `${inWords(left)} left at most` : `${inWords(-left)} later than expected`;
    bar.parentElement.classList.toggle("late", left < 0);
  }
}

// ------------------------------------------------------ filter, search and sort

function has(text, words) {
  return words.every((word) => text.includes(word));
}

function textOf(element) {
  element.searchable ??= element.dataset.find.toLowerCase();
  return element.searchable;
}

/** Show the clients and problems of a card that match; return how many clients are shown. */
function showParts(card, words) {
  const whole = has(textOf(card), words);
  let count = 0;
  for (const part of card.querySelectorAll("[data-tone]")) {
    const matches = whole || has(`${textOf(card)} ${textOf(part)}`, words);
    part.hidden = !matches || (filter !== "" && part.dataset.tone !== filter);
    count += part.classList.contains("client") && !part.hidden;
  }
  for (const parent of card.querySelectorAll(".vpc, .account, .problems")) {
    parent.hidden = !parent.querySelector("[data-tone]:not([hidden])");
  }
  return { count, found: whole || card.querySelector("[data-tone]:not([hidden])") !== null };
}

function show() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = [];
  let clients = 0;
  let all = 0;
  for (const card of clusters.children) {
    const { count, found } = showParts(card, words);
    const hasTone = filter === "" || card.dataset.tones.split(" ").includes(filter);
    card.hidden = !(found && hasTone);
    all += Number(card.dataset.clients);
    if (card.hidden) continue;
    clients += count;
    shown.push(card);
  }
  const total = clusters.children.length;
  document.getElementById("shown").textContent = `${shown.length} of ${total} clusters, ${clients} of ${all} clients`;
  const none = document.getElementById("none");
  none.hidden = shown.length > 0;
  none.textContent = total ? "Nothing matches. Escape ends the search." : "There is no MSK cluster in this Region.";
  for (const button of document.querySelectorAll("[data-filter]")) {
    button.setAttribute("aria-pressed", String(button.dataset.filter === filter));
  }
  return shown;
}

const orders = {
  name: () => 0,
  clients: (one, other) => other.dataset.clients - one.dataset.clients,
  attention: (one, other) => urgency(one) - urgency(other),
};

function urgency(card) {
  return tones.indexOf(card.dataset.tones.split(" ")[0]);
}

function arrange() {
  const names = new Intl.Collator("en", { numeric: true });
  const sorted = [...clusters.children].sort(
    (one, other) => orders[sort.value](one, other) || names.compare(one.dataset.name, other.dataset.name),
  );
  // Moving an element takes the focus from it, so what is in its place stays.
  sorted.forEach((card, place) => {
    if (clusters.children[place] !== card) clusters.insertBefore(card, clusters.children[place]);
  });
}

function openThem(cards, open) {
  for (const card of cards) card.querySelector("details").open = open;
}

function isAnyOpen() {
  return [...clusters.children].some((card) => !card.hidden && card.querySelector("details").open);
}

function nameToggle() {
  document.getElementById("toggle").textContent = isAnyOpen() ? "Close all" : "Open all";
}

// ------------------------------------------------------------------------- live

/** Do *change*, and leave the focus and the open details as they were before. */
function keeping(change) {
  const focused = document.activeElement?.id;
  const open = [...document.querySelectorAll("details[open]")].map((one) => one.id);
  change();
  for (const id of open) {
    const details = document.getElementById(id);
    if (details) details.open = true;
  }
  if (focused && document.activeElement?.id !== focused) {
    document.getElementById(focused)?.focus({ preventScroll: true });
  }
}

function parsed(html) {
  return new DOMParser().parseFromString(html, "text/html").body;
}

function take(changes) {
  Object.assign(clock, { read: Date.parse(changes.read), age: changes.age, received: performance.now() });
  body.dataset.version = changes.version;
  warn(changes.problem);
  keeping(() => {
    document.getElementById("summary").replaceChildren(...parsed(changes.summary).childNodes);
    for (const card of [...clusters.children]) {
      if (!changes.ids.includes(card.id)) card.remove();
    }
    for (const [id, html] of Object.entries(changes.cards)) {
      const [card] = parsed(html).children;
      const old = document.getElementById(id);
      if (old) {
        old.replaceWith(card);
      } else {
        clusters.append(card);
        openThem([card], clusters.children.length <= FEW);
      }
    }
    arrange();
  });
  show();
  showTimes();
}

/** Show a problem, or none; a screen reader reads it out when it is another. */
function warn(problem) {
  const banner = document.getElementById("banner");
  banner.hidden = problem === "";
  if (banner.textContent !== problem) banner.textContent = problem;
}

async function follow() {
  try {
    const answer = await fetch(`changes?since=${body.dataset.version}`, { cache: "no-store" });
    if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    take(await answer.json());
  } catch (error) {
    warn(`The command msklink page does not answer: ${error.message}. Start it again, and open the address that it prints.`);
  }
  setTimeout(follow, body.dataset.interval * 1000);
}

// --------------------------------------------------------------------- controls

search.addEventListener("input", () => {
  const shown = show();
  if (search.value && shown.length <= FEW) openThem(shown, true);
  nameToggle();
});
sort.addEventListener("change", arrange);
document.getElementById("controls").addEventListener("submit", (event) => event.preventDefault());
document.getElementById("toggle").addEventListener("click", () => {
  const open = !isAnyOpen();
  openThem([...clusters.children].filter((card) => !card.hidden), open);
  nameToggle();
});
document.addEventListener("toggle", nameToggle, true);
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-filter], [data-copy]");
  if (!button) return;
  if ("filter" in button.dataset) {
    filter = button.dataset.filter;
    show();
    return;
  }
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(button.previousElementSibling);
  }
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !event.target.matches("input, select")) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "Escape") {
    search.value = "";
    filter = "";
    show();
  }
});

arrange();
openThem(clusters.children, clusters.children.length <= FEW);
show();
nameToggle();
showTimes();
if ("live" in body.dataset) {
  setInterval(showTimes, 1000);
  setTimeout(follow, body.dataset.interval * 1000);
}
