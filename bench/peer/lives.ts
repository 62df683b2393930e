// One random life of a chat: what clients do and what this test tool can do to a room, then the property.
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import * as fc from "fast-check";
import { keptLines, refusal } from "./chat";

const names = ["ann", "bob", "cid", "dan", "eve"];
export const maxSteps = 30;

export type Step =
  | { verb: "connects" | "closes"; who: number }
  | { verb: "sends"; who: number; line: string }
  | { verb: "hibernates" | "stops" | "is reset" };

const who = fc.nat({ max: names.length - 1 });
const line = fc.nat({ max: 999 }).map((n) => `line ${n}`);

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ verb: fc.constant("connects" as const), who }) },
    { weight: 8, arbitrary: fc.record({ verb: fc.constant("sends" as const), who, line }) },
    { weight: 2, arbitrary: fc.record({ verb: fc.constant("closes" as const), who }) },
    { weight: 2, arbitrary: fc.constant({ verb: "hibernates" as const }) },
    { weight: 1, arbitrary: fc.constant({ verb: "stops" as const }) },
    { weight: 1, arbitrary: fc.constant({ verb: "is reset" as const }) },
  ),
  { maxLength: maxSteps, size: "max" },
);

class Client {
  open = true;
  lines: string[] = [];
  private frames = 0;
  private refusals = 0;
  private awaited = 0;
  private wake = () => {};

  constructor(private socket: WebSocket) {
    socket.addEventListener("message", (event) => this.receive(event.data as string));
    for (const end of ["close", "error"] as const) socket.addEventListener(end, () => this.ended());
    socket.accept();
  }

  private receive(frame: string) {
    if (frame === refusal) this.refusals++;
    else if (this.frames++ === 0) this.lines = JSON.parse(frame);
    else if (this.lines.push(frame) > keptLines) this.lines.shift();
    if (this.refusals >= this.awaited) this.wake();
  }

  private ended() {
    this.open = false;
    this.wake();
  }

  send(line: string) {
    if (this.open) this.socket.send(line);
  }

  close() {
    if (this.open) this.socket.close(1000);
    this.open = false;
  }

  /** Everything this client has said so far is with the room, and all that the room sent before has come. */
  settled() {
    if (!this.open) return Promise.resolve();
    this.awaited++;
    return new Promise<void>((resolve) => {
      this.wake = resolve;
      this.socket.send(new Uint8Array(1)); // what is no text is answered to its sender alone
    });
  }
}

async function connect(room: DurableObjectStub) {
  const response = await room.fetch("http://room/", { headers: { Upgrade: "websocket" } });
  return new Client(response.webSocket!);
}

/** Plays the life in a room of its own and throws when somebody's screen differs from the room's history. */
export async function live(rooms: DurableObjectNamespace, life: Step[]) {
  const id = rooms.newUniqueId();
  const room = () => rooms.get(id); // a stub is of no use after its object was reset
  const clients = new Map<number, Client>();
  let started = false;
  for (const step of life) {
    switch (step.verb) {
      case "connects": {
        clients.get(step.who)?.close();
        clients.set(step.who, await connect(room()));
        started = true;
        break;
      }
      case "sends":
        clients.get(step.who)?.send(step.line);
        break;
      case "closes":
        clients.get(step.who)?.close();
        break;
      case "hibernates":
      case "stops":
        if (started) await evictDurableObject(room(), { webSockets: step.verb === "stops" ? "close" : "hibernate" }).catch(asleep);
        break;
      case "is reset":
        if (started) await reset(room());
        break;
    }
  }
  // Twice: after the first all lines are with the room, after the second all broadcasts are with the clients.
  for (let round = 0; round < 2; round++) await Promise.all([...clients.values()].map((client) => client.settled()));
  const stranger = await connect(room());
  await stranger.settled();
  const history = JSON.stringify(stranger.lines);
  for (const [name, client] of clients) {
    if (client.open && JSON.stringify(client.lines) !== history) {
      throw new Error(`${names[name]} sees ${JSON.stringify(client.lines)}, who comes now sees ${history}`);
    }
  }
  for (const client of [stranger, ...clients.values()]) client.close();
}

/** This room alone; abortAllDurableObjects() would reset those of lives at the same time, and grows with their number. */
async function reset(room: DurableObjectStub) {
  await runInDurableObject(room, (_, state) => state.abort("the life says so")).catch(() => {});
}

/** Who sleeps already cannot be evicted. */
function asleep(error: Error) {
  if (!/not currently running/i.test(error.message)) throw error;
}
