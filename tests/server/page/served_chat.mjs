// `party serve chat` on a free port with a data directory of its own.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const patience = 10_000;

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

export class ServedChat {
  static async begin() {
    const chat = new ServedChat();
    chat.folder = mkdtempSync(join(tmpdir(), "party-page-"));
    chat.port = await freePort();
    chat.url = `http://127.0.0.1:${chat.port}/`;
    await chat.start();
    return chat;
  }

  async start() {
    const { PARTY: party } = process.env;
    assert(party, "PARTY must name the executable to test");
    this.output = "";
    this.process = spawn(party, ["serve", "chat", `--port=${this.port}`, `--data=${join(this.folder, "state")}`], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (this.output += text));
    }
    const deadline = Date.now() + patience;
    while (!(await this.answers())) {
      assert(this.process.exitCode === null, `party ended with ${this.process.exitCode}:\n${this.output}`);
      assert(Date.now() < deadline, `party does not answer at ${this.url}:\n${this.output}`);
      await sleep(20);
    }
  }

  async answers() {
    try {
      return (await fetch(this.url)).ok;
    } catch {
      return false;
    }
  }

  /** Nothing it was told since is heard, and nothing it did not say yet is said. */
  freeze() {
    this.process.kill("SIGSTOP");
  }

  async kill() {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill("SIGKILL");
    await once(this.process, "exit");
  }

  async end() {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }
}
