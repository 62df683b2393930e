// The page of the chat example in Chromium, on the real server.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { eventually, launch, Visitor } from "./browser.mjs";
import { ServedChat } from "./served_chat.mjs";

let browser, chat;
let visitors = [];
let rooms = 0;
let room; // each test has one of its own

before(async () => {
  [browser, chat] = await Promise.all([launch(), ServedChat.begin()]);
});
after(async () => {
  await browser?.close();
  await chat?.end();
});
afterEach(async () => {
  const errors = visitors.flatMap((visitor) => visitor.errors);
  for (const { context } of visitors) await context.close();
  visitors = [];
  room = undefined;
  assert.deepEqual(errors, [], "a page complained on its console");
});

async function enter(name, options) {
  room ??= `room-${++rooms}`;
  const visitor = await Visitor.open(browser, `${chat.url}#${room}`, options);
  visitors.push(visitor);
  await visitor.isConnected();
  if (name) await visitor.isCalled(name);
  return visitor;
}

test("two pages that talk to each other see the same lines in the same order", async () => {
  const ann = await enter("ann");
  const bob = await enter("bob");
  for (let i = 0; i < 10; ++i) await Promise.all([ann.say(`a${i}`), bob.say(`b${i}`)]);
  await eventually(() => ann.lines(), (lines) => assert.equal(lines.length, 20));
  await bob.seesLines(await ann.lines());
  const ofAnn = (await bob.lines()).filter((line) => line.startsWith("ann"));
  assert.deepEqual(ofAnn, Array.from({ length: 10 }, (_, i) => `ann: a${i}`));
});

test("a page that joins later sees what was said before, and only once", async () => {
  const ann = await enter("ann");
  await ann.say("early");
  await ann.seesLines(["ann: early"]);
  const bob = await enter("bob");
  await bob.seesLines(["ann: early"]);
  await ann.say("late");
  await bob.seesLines(["ann: early", "ann: late"]);
});

test("rooms are told apart by the address, and a new fragment leads to another room", async () => {
  const ann = await enter("ann");
  await ann.say("only here");
  await ann.seesLines(["ann: only here"]);
  await ann.page.evaluate(() => (location.hash = "#a%20room/of%20its%20own"));
  await ann.page.getByRole("heading", { name: "a room/of its own" }).waitFor();
  await ann.isConnected();
  await ann.say("there");
  await ann.seesLines(["ann: there"]);
  const bob = await Visitor.open(browser, `${chat.url}?room=${encodeURIComponent("a room/of its own")}`);
  visitors.push(bob);
  await bob.seesLines(["ann: there"]);
});

test("a name is kept for the next visit", async () => {
  const ann = await enter("ann");
  await ann.page.reload();
  await ann.isConnected();
  await ann.say("again");
  await ann.seesLines(["ann: again"]);
});

test("what looks like HTML is shown as text", async () => {
  const ann = await enter("<b>ann</b>");
  const bob = await enter("bob");
  const words = ["<script>alert(1)</script>", "<img src=x onerror=alert(2)>", "&lt;i&gt;", "</li></ol><h1>big</h1>"];
  for (const word of words) await ann.say(word);
  const expected = words.map((word) => `<b>ann</b>: ${word}`);
  await bob.seesLines(expected);
  await (await enter("cid")).seesLines(expected); // in the history too
  for (const { page } of visitors) assert.equal(await page.locator("#log :is(script, img, i, h1)").count(), 0);
});

test("a line that is too long gets the room's answer, and returns to be shortened", async () => {
  const ann = await enter("ann");
  const long = "ö".repeat(1000);
  await ann.say(long);
  await ann.page.getByRole("alert").getByText("at most 2,000 bytes of text").waitFor();
  assert.equal(await ann.message.inputValue(), long);
  await ann.say("short");
  await ann.seesLines(["ann: short"]);
  assert.equal(await ann.page.getByRole("alert").textContent(), "");
});

test("lines written while the server is away arrive once, in order, after what was there", async () => {
  const ann = await enter("ann");
  const bob = await enter("bob");
  await ann.say("before");
  await bob.seesLines(["ann: before"]);
  await chat.kill();
  for (const visitor of [ann, bob]) {
    await eventually(() => visitor.status(), (status) => assert.match(status, /^reconnecting in \d+ s$|^connecting$/));
  }
  await ann.say("while away 1");
  await ann.say("while away 2");
  assert.deepEqual(await ann.waiting(), ["ann: while away 1", "ann: while away 2"]);
  assert.deepEqual(await ann.lines(), ["ann: before"], "nothing is said before the room has heard it");
  await chat.start();
  for (const visitor of [ann, bob]) {
    await visitor.seesLines(["ann: before", "ann: while away 1", "ann: while away 2"]);
    await visitor.isConnected();
  }
  assert.deepEqual(await ann.waiting(), []);
  await bob.say("after");
  await ann.seesLines(["ann: before", "ann: while away 1", "ann: while away 2", "bob: after"]);
  await (await enter("cid")).seesLines(await ann.lines()); // the room knows them once as well
});

test("a line that the server never read before it died is sent again", async () => {
  const ann = await enter("ann");
  chat.freeze();
  await ann.say("into the void");
  await chat.kill();
  await chat.start();
  await ann.seesLines(["ann: into the void"]);
  await (await enter("bob")).seesLines(["ann: into the void"]);
});

test("a line that arrived although its echo was lost is not sent again", async () => {
  let deaf = false;
  const connections = [];
  const ann = await enter("ann", {
    beforeLoad: (page) => page.routeWebSocket(/\/party\//, (here) => {
      const there = here.connectToServer();
      there.onMessage((message) => deaf || here.send(message));
      connections.push({ here, there });
    }),
  });
  const bob = await enter("bob");
  await ann.say("same"); // the history holds an equal line, which must not pass for the lost one
  await bob.seesLines(["ann: same"]);
  deaf = true;
  await ann.say("same");
  await bob.seesLines(["ann: same", "ann: same"]);
  deaf = false;
  connections[0].there.close();
  connections[0].here.close();
  await eventually(() => connections.length, (count) => assert.equal(count, 2));
  await ann.seesLines(["ann: same", "ann: same"]);
  await ann.say("next");
  await bob.seesLines(["ann: same", "ann: same", "ann: next"]);
  await ann.seesLines(await bob.lines());
});

test("Tab, letters and Enter are enough to choose a name and to talk", async () => {
  const { page, ...ann } = await enter();
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
  assert.equal(await focused(), "text", "one can write at once");
  const stops = [];
  for (let i = 0; i < 3; ++i) {
    await page.keyboard.press("Shift+Tab");
    stops.push(await focused());
    if (stops.at(-1) === "name") break;
  }
  assert.deepEqual(stops, ["log", "name"]);
  await page.keyboard.press("Control+A");
  await page.keyboard.type("ann");
  for (const stop of ["log", "text"]) {
    await page.keyboard.press("Tab");
    assert.equal(await focused(), stop);
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, "solid", `${stop}: one sees where one is`);
  }
  await page.keyboard.type("no mouse");
  await page.keyboard.press("Enter");
  await visitors[0].seesLines(["ann: no mouse"]);
  assert.equal(await focused(), "text");
  await page.keyboard.type("by button");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await visitors[0].seesLines(["ann: no mouse", "ann: by button"]);
  assert.equal(await focused(), "text", "the focus returns from the button");
});

test("every control and region has a name for those who cannot see it", async () => {
  const ann = await enter("ann");
  const session = await ann.context.newCDPSession(ann.page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  const roles = ["textbox", "button", "log", "link", "checkbox", "combobox"];
  const controls = nodes.filter((node) => !node.ignored && roles.includes(node.role?.value));
  const names = controls.map((node) => `${node.role.value} ${node.name?.value ?? ""}`.trim()).sort();
  assert.deepEqual(names, ["button Send", `log ${room}`, "textbox Message", "textbox Your name"]);
  assert.equal(await ann.page.getAttribute("html", "lang"), "en");
});

test("nothing is wider than a phone", async () => {
  const ann = await enter("ann", { viewport: { width: 320, height: 568 } });
  await ann.say("w".repeat(500));
  await eventually(() => ann.lines(), (lines) => assert.equal(lines.length, 1));
  const width = await ann.page.evaluate(() => document.documentElement.scrollWidth);
  assert(width <= 320, `the page is ${width} px wide`);
});
