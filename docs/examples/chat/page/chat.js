// A chat room in the browser, without a library.
//
// What the room says: the first frame of every connection is a JSON array, the lines so far. Every later frame is one
// line, also one's own: a line is said once the room repeats it. Lines that the room has not repeated wait in `outbox`.

const shownLines = 500;
const firstDelay = 500; // ms until the first attempt to reconnect; each further one waits longer
const longestDelay = 10_000;
const patience = 8_000; // ms for the history to arrive, then the attempt counts as failed

/** What the room answers, to its sender alone, in place of repeating a line that is too long. */
const refusal = "at most 2,000 bytes of text, please";

const at = (id) => document.getElementById(id);
const log = at("log");
const text = at("text");
const nameField = at("name");

// --- the connection ---------------------------------------------------------------------------------------------------

const connectionId = randomId();
let room = roomInAddress();
let socket;
let joined = false; // the history has arrived, so the room hears us
let attempts = 0; // since the last connection that worked
let timer;

/** Lines of the room as this page knows them, oldest first. */
let lines = [];
/** Own lines the room has not repeated yet, oldest first: { line, sent }. */
let outbox = [];

function connect() {
  clearInterval(timer);
  show("connecting");
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const url = `${scheme}://${location.host}/party/${encodeURIComponent(room)}?_pk=${connectionId}`;
  const mine = (socket = new WebSocket(url));
  const tooLate = setTimeout(() => mine.close(), patience);

  // A socket that was replaced (another room was chosen) may still have something to say: it is not heard.
  mine.onmessage = ({ data }) => {
    if (mine !== socket) return;
    if (joined) return hear(data);
    join(JSON.parse(data));
    clearTimeout(tooLate);
  };
  mine.onclose = () => {
    clearTimeout(tooLate);
    if (mine === socket) reconnectLater();
  };
}

function join(history) {
  forgetWhatArrived(history);
  joined = true;
  attempts = 0;
  lines = history;
  showHistory();
  show("connected");
  for (const entry of outbox) entry.sent = false;
  flush();
}

function reconnectLater() {
  joined = false;
  // Half of the delay is chance, so that all pages of a server that restarts do not come back in the same moment.
  const delay = Math.min(longestDelay, firstDelay * 1.6 ** attempts++) * (0.5 + Math.random() / 2);
  const due = Date.now() + delay;
  const count = () => {
    const left = due - Date.now();
    if (left > 0) show("reconnecting", ` in ${Math.ceil(left / 1000)} s`);
    else connect();
  };
  count();
  timer = setInterval(count, 100);
}

function enterRoom() {
  if (roomInAddress() === room) return;
  room = roomInAddress();
  joined = false;
  attempts = 0;
  lines = [];
  outbox = []; // they were meant for the other room
  socket.close();
  showHistory();
  connect();
}

// --- what is said -----------------------------------------------------------------------------------------------------

function say(line) {
  outbox.push({ line, sent: false });
  flush();
}

function flush() {
  if (joined) {
    for (const entry of outbox) {
      if (!entry.sent) socket.send(entry.line);
      entry.sent = true;
    }
  }
  showUnsent();
}

function hear(line) {
  // The room answers our lines in the order in which we sent them, each with the line itself or with its refusal.
  const oldest = outbox[0]?.sent ? outbox[0] : null;
  if (oldest && line === refusal) return refuse(outbox.shift().line);
  if (oldest?.line === line) outbox.shift();
  lines.push(line);
  append(line);
  if (lines.length > shownLines) {
    lines.shift();
    at("lines").firstChild.remove();
  }
}

/** A line that was on its way when the connection broke may have arrived: then it is in the history as a new line. */
function forgetWhatArrived(history) {
  let known = Math.min(lines.length, history.length);
  while (known > 0 && !history.slice(0, known).every((line, i) => line === lines[lines.length - known + i])) known--;
  const fresh = history.slice(known);
  outbox = outbox.filter(({ line, sent }) => {
    const place = sent ? fresh.indexOf(line) : -1;
    if (place >= 0) fresh.splice(place, 1);
    return place < 0;
  });
}

function refuse(line) {
  at("notice").textContent = `The room did not take this line: ${refusal}.`;
  if (!text.value) text.value = split(line).words; // to be shortened
}

// --- what is seen -----------------------------------------------------------------------------------------------------
// Only ever as text: nothing that anybody writes becomes HTML.

function show(state, countdown = "") {
  at("status").dataset.state = state;
  if (at("state").textContent !== state) at("state").textContent = state; // a live region reads every assignment aloud
  at("countdown").textContent = countdown;
  showUnsent();
}

function showHistory() {
  document.title = `${room} · chat`;
  at("room").textContent = room;
  log.setAttribute("aria-live", "off"); // a hundred old lines are not news
  at("lines").replaceChildren();
  lines.forEach(append);
  at("empty").hidden = lines.length > 0;
  log.scrollTop = log.scrollHeight;
  requestAnimationFrame(() => log.setAttribute("aria-live", "polite"));
}

function append(line) {
  const wasAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40; // who reads further up stays there
  at("empty").hidden = true;
  at("lines").append(itemFor(line));
  if (wasAtEnd) log.scrollTop = log.scrollHeight;
}

/** While connected a line takes a moment to come back: to show it as waiting would only flicker. */
function showUnsent() {
  at("waiting").hidden = joined || outbox.length === 0;
  if (at("waiting").hidden) return at("unsent").replaceChildren();
  const shown = at("unsent").children.length;
  for (const { line } of outbox.slice(shown)) at("unsent").append(itemFor(line));
  if (shown < outbox.length) log.scrollTop = log.scrollHeight;
}

function itemFor(line) {
  const { name, words } = split(line);
  const item = document.createElement("li");
  item.classList.toggle("own", name !== "" && name === ownName());
  if (name) {
    const who = document.createElement("b");
    who.textContent = name;
    item.append(who, ": ");
  }
  item.append(words);
  return item;
}

function split(line) {
  const end = line.indexOf(": ");
  return end > 0 ? { name: line.slice(0, end), words: line.slice(end + 2) } : { name: "", words: line };
}

// --- what is typed ----------------------------------------------------------------------------------------------------

at("form").onsubmit = (event) => {
  event.preventDefault();
  at("notice").textContent = "";
  if (text.value.trim()) say(`${ownName()}: ${text.value.trim()}`);
  text.value = "";
  text.focus(); // also after a click on the button
};

nameField.value = stored("name") ?? `guest-${100 + Math.floor(Math.random() * 900)}`;
nameField.onchange = () => stored("name", ownName());
addEventListener("hashchange", enterRoom);
addEventListener("online", () => !joined && socket.readyState === WebSocket.CLOSED && connect());

function ownName() {
  return nameField.value.replaceAll(":", "").trim() || "guest";
}

/** Reads or writes; a browser that keeps nothing for this site throws at both. */
function stored(key, value) {
  try {
    if (value !== undefined) localStorage.setItem(key, value);
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

// --- where we are -----------------------------------------------------------------------------------------------------

/** `#kitchen` or `?room=kitchen`; "." and ".." would be taken as steps in a path. */
function roomInAddress() {
  const name = decoded(location.hash.slice(1)) || new URLSearchParams(location.search).get("room") || "lobby";
  return name === "." || name === ".." ? "lobby" : name;
}

function decoded(escaped) {
  try {
    return decodeURIComponent(escaped);
  } catch {
    return escaped; // a lone "%" is a name too
  }
}

/** Not `crypto.randomUUID`: that exists over https and on localhost alone, and a phone in the same house has neither. */
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

showHistory();
connect();
