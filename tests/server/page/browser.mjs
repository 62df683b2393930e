// The installed Chromium, and pages that notice when something in them goes wrong.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

// Packages are installed into the build, and an import would look for them beside this file alone.
const { chromium } = createRequire(`${process.env.NODE_PACKAGES}/`)("playwright-core");

const quiet = ["--disable-quic", "--disable-sync", "--no-first-run"]; // keeps it off the network

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM, args: quiet });
}

/** What the browser itself says when nobody listens at an address; no page can prevent it. */
const connectionFailed = /^WebSocket connection to .* failed: /;

/** A person with a browser of their own: no storage is shared. */
export class Visitor {
  static async open(browser, url, options = {}) {
    const visitor = new Visitor();
    visitor.context = await browser.newContext(options);
    visitor.page = await visitor.context.newPage();
    visitor.errors = [];
    visitor.page.on("pageerror", (error) => visitor.errors.push(String(error)));
    visitor.page.on("console", (message) => {
      if (message.type() === "error" && !connectionFailed.test(message.text())) visitor.errors.push(message.text());
    });
    visitor.page.on("dialog", (dialog) => {
      visitor.errors.push(`a dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    await options.beforeLoad?.(visitor.page);
    await visitor.page.goto(url);
    return visitor;
  }

  get message() {
    return this.page.getByLabel("Message");
  }

  async isCalled(name) {
    await this.page.getByLabel("Your name").fill(name);
    await this.page.getByLabel("Your name").press("Tab");
  }

  async say(words) {
    await this.message.fill(words);
    await this.message.press("Enter");
  }

  lines() {
    return this.page.locator("#lines li").allTextContents();
  }

  waiting() {
    return this.page.locator("#unsent li").allTextContents();
  }

  status() {
    return this.page.getByRole("status").textContent();
  }

  async isConnected() {
    await this.page.getByText("connected", { exact: true }).waitFor();
  }

  async seesLines(expected) {
    await eventually(() => this.lines(), (lines) => assert.deepEqual(lines, expected));
  }
}

/** Waits until `check` no longer throws for what `read` gives; throws its last word after ten seconds. */
export async function eventually(read, check, patience = 10_000) {
  const deadline = Date.now() + patience;
  for (;;) {
    const value = await read();
    try {
      return check(value);
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await sleep(20);
  }
}
