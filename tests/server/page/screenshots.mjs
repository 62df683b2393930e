// Pictures of the chat page, to be looked at: light, dark, on a phone, without a server.
//   tests/server/page/run screenshots.mjs <folder>
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { launch, Visitor } from "./browser.mjs";
import { ServedChat } from "./served_chat.mjs";

const folder = process.argv[2] ?? ".";
mkdirSync(folder, { recursive: true });
const desk = { viewport: { width: 900, height: 640 } };
const phone = { viewport: { width: 360, height: 640 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };

const [browser, chat] = await Promise.all([launch(), ServedChat.begin()]);
try {
  const looks = {
    light: { ...desk, colorScheme: "light" },
    dark: { ...desk, colorScheme: "dark" },
    phone: { ...phone, colorScheme: "light" },
    "phone-dark": { ...phone, colorScheme: "dark" },
  };
  const visitors = {};
  for (const [look, options] of Object.entries(looks)) {
    visitors[look] = await Visitor.open(browser, `${chat.url}#kitchen`, options);
    await visitors[look].isConnected();
    await visitors[look].isCalled(look.startsWith("phone") ? "bob" : "ann");
  }
  const save = (name, visitor) => visitor.page.screenshot({ path: join(folder, `${name}.png`) });
  await save("empty", visitors.light);

  const { light: ann, phone: bob } = visitors;
  await ann.say("Good morning! Is there any coffee left?");
  await bob.say("A little. I can make a fresh pot, if somebody brings the milk from the other floor and does not mind that it takes ten minutes.");
  await ann.say("I'll bring it.");
  await bob.say("See https://example.com/?q=a-rather-long-address-that-has-no-space-in-it-anywhere-and-must-be-broken");
  await bob.say("<b>bold</b> stays as it was typed");
  await bob.say("👍");
  for (const [look, visitor] of Object.entries(visitors)) {
    await visitor.page.locator("#lines li").nth(5).waitFor();
    await save(look, visitor);
  }
  await ann.say("x".repeat(2001));
  await ann.page.getByRole("alert").getByText("at most").waitFor();
  await save("refused", ann);

  await chat.kill();
  for (const look of ["light", "phone-dark"]) {
    await visitors[look].page.getByText("reconnecting").waitFor();
    await visitors[look].say("Are you still there?");
    await visitors[look].message.fill("half a thought");
    await save(`${look}-away`, visitors[look]);
  }
} finally {
  await browser.close();
  await chat.end();
}
