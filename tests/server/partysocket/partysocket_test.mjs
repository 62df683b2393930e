// PartyKit's own client against this server: it connects, is answered, and finds its way back with its id after the
// server was stopped and started again. Called with the server's executable and a directory for its data.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import PartySocket from "partysocket";
import WebSocket from "ws";

const [program, data] = process.argv.slice(2);
const fail = setTimeout(() => { console.error("the test did not end"); process.exit(1); }, 60_000);

async function start(port) {
  const server = spawn(program, ["serve", "--port", String(port), "--data", data, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  for await (const chunk of server.stdout) {
    output += chunk;
    const ready = output.match(/"ready":"http:\/\/127\.0\.0\.1:(\d+)"/);
    if (ready) return { server, port: Number(ready[1]) };
  }
  throw new Error(`the server did not start: ${output}`);
}

async function stop({ server }, signal) {
  const ended = once(server, "exit");
  server.kill(signal);
  const [code] = await ended;
  return code;
}

// SOCKET-1, SOCKET-5: /parties/<party>/<room>?_pk=<id>, the id stays over reconnects
function connect(port, room, party, id) {
  return new PartySocket({
    host: `127.0.0.1:${port}`, room, party, id, WebSocket,
    minReconnectionDelay: 100, maxReconnectionDelay: 300,
  });
}

const next = (socket, event) => new Promise((resolve) => socket.addEventListener(event, resolve, { once: true }));

let running = await start(0);
const { port } = running;

// SOCKET-11: what is sent before the connection is open leaves once it is
const ann = connect(port, "lobby", "notes", "ann");
const bob = connect(port, "lobby", "notes", "bob");
await Promise.all([next(ann, "open"), next(bob, "open")]);
const heard = next(bob, "message");
ann.send("hello from ann");
assert.equal((await heard).data, "hello from ann");

// SOCKET-7: an HTTP request to the same room
const address = { host: `127.0.0.1:${port}`, room: "lobby", party: "notes" };
assert.equal(await (await PartySocket.fetch(address)).text(), "hello from ann\n");

// SOCKET-10: after a kill and after an orderly end it comes back by itself, with its id
for (const signal of ["SIGKILL", "SIGTERM"]) {
  const door = connect(port, "x", "door", "carol");
  assert.equal((await next(door, "message")).data, "welcome");
  const lost = next(door, "close");
  const code = await stop(running, signal);
  if (signal === "SIGTERM") assert.equal(code, 0);
  assert.equal((await lost).code, signal === "SIGTERM" ? 1001 : 1006);
  const again = next(door, "message");
  running = await start(port);
  assert.equal((await again).data, "welcome");
  const watcher = connect(port, "x", "door", "watcher");
  assert.equal((await next(watcher, "message")).data, "welcome");
  const left = next(watcher, "message");
  door.close(4000, "enough");
  assert.equal((await left).data, "left carol");
  watcher.close();
}
assert.equal(ann.id, "ann");
if (ann.readyState !== WebSocket.OPEN) await next(ann, "open");
if (bob.readyState !== WebSocket.OPEN) await next(bob, "open");
const heardAgain = next(bob, "message");
ann.send("still ann");
assert.equal((await heardAgain).data, "still ann");
assert.equal(await (await PartySocket.fetch(address)).text(), "hello from ann\nstill ann\n");

ann.close();
bob.close();
assert.equal(await stop(running, "SIGINT"), 0);
clearTimeout(fail);
console.log("partysocket finds its way");
