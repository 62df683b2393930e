// The probe party: it does what messages, query parameters and stored texts tell it, and reports every call.
//
// It overrides every handler, so that one class serves every scenario; the C++ probe beside it follows the same words.
import type * as Party from "partykit/server";
import { type Run, runScript } from "./commands";
import { beforeRoom, elsewhere } from "./edge";
import { addLine, nameOf, summary } from "./report";
import { type Json, errorText, expand, scriptIn } from "./values";

export class Probe {
  private readonly report: string;

  constructor(readonly room: Party.Room) {
    this.report = nameOf(room);
    addLine(this.report, "constructor");
    if (this.report.includes("~throws-in-constructor")) throw new Error("constructor refuses");
    if (this.report.includes("~asks-in-constructor")) this.askEarly();
  }

  async onStart(): Promise<void> {
    addLine(this.report, "onStart");
    // A cold room can only be steered by its id: nothing is stored yet.
    if (this.report.includes("~throws-in-onStart")) throw new Error("onStart refuses");
    const sleep = /~sleeps-in-onStart-(\d+)/.exec(this.report);
    if (sleep) await new Promise((settle) => setTimeout(settle, Number(sleep[1])));
    await this.runStored("onStart", {});
    addLine(this.report, "onStart ended");
  }

  async getConnectionTags(connection: Party.Connection, { request }: Party.ConnectionContext): Promise<string[]> {
    addLine(this.report, `getConnectionTags ${connection.id}`);
    const text = new URL(request.url).searchParams.get("tags");
    const wanted = expand(JSON.parse(text ?? "[]")) as any;
    if (!wanted?.script) return wanted;
    const run = this.newRun({ sender: connection, request });
    await runScript(run, wanted.script);
    addLine(this.report, `note tags ${JSON.stringify(run.results)}`);
    return wanted.tags ?? [];
  }

  async onConnect(connection: Party.Connection, { request }: Party.ConnectionContext): Promise<void> {
    addLine(this.report, `onConnect ${connection.id}`);
    const script = scriptIn(new URL(request.url).searchParams.get("onConnect"));
    if (script) await runScript(this.newRun({ sender: connection, request }), script);
    addLine(this.report, `onConnect ${connection.id} ended`);
  }

  async onMessage(message: string | ArrayBuffer, sender: Party.Connection): Promise<void> {
    addLine(this.report, `onMessage ${sender.id} ${summary(message)}`);
    const script = typeof message === "string" ? scriptIn(message) : undefined;
    if (script) await runScript(this.newRun({ sender }), script);
    addLine(this.report, `onMessage ${sender.id} ended`);
  }

  async onClose(connection: Party.Connection): Promise<void> {
    addLine(this.report, `onClose ${connection.id}`);
    await this.runStored("onClose", { sender: connection });
  }

  async onError(connection: Party.Connection, error: Error): Promise<void> {
    addLine(this.report, `onError ${connection.id} ${errorText(error)}`);
    await this.runStored("onError", { sender: connection });
  }

  async onAlarm(): Promise<void> {
    addLine(this.report, "onAlarm");
    await this.runStored("onAlarm", {});
    addLine(this.report, "onAlarm ended");
  }

  async onRequest(request: Party.Request): Promise<Response> {
    addLine(this.report, `onRequest ${request.method}`);
    const requestBody = await request.text();
    const script = scriptIn(requestBody) ?? scriptIn(new URL(request.url).searchParams.get("onRequest"));
    const run = this.newRun({ request, requestBody });
    if (script) await runScript(run, script);
    addLine(this.report, "onRequest ended");
    return run.response ?? (script ? Response.json(run.results) : new Response("ok"));
  }

  static onBeforeConnect(request: Party.Request, lobby: Party.Lobby) {
    return beforeRoom("onBeforeConnect", request, lobby);
  }

  static onBeforeRequest(request: Party.Request, lobby: Party.Lobby) {
    return beforeRoom("onBeforeRequest", request, lobby);
  }

  static onFetch(request: Party.Request) {
    return elsewhere(request);
  }

  /** What a room may ask before its first event (BCAST-3, BCAST-13, LIFE-3). */
  private askEarly(): void {
    const { room } = this;
    room.broadcast("from the constructor");
    const listed = Array.from(room.getConnections(), (connection) => connection.id).sort();
    const seen = [room.name, room.id, listed, room.getConnection("ann") !== undefined];
    addLine(this.report, `note constructor ${JSON.stringify(seen)}`);
  }

  private newRun(inHand: Partial<Run>): Run {
    return { room: this.room, storage: this.room.storage, results: [] as Json[], ...inHand };
  }

  /** Runs the script that an earlier one has put for this handler. */
  private async runStored(handler: string, inHand: Partial<Run>): Promise<void> {
    const script = scriptIn(await this.room.storage.get<string>(`probe:${handler}`));
    if (script) await runScript(this.newRun(inHand), script);
  }
}
