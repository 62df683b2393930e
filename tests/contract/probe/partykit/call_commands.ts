// Commands that ask another room, or this one, through `room.context.parties`.
import type * as Party from "partykit/server";
import { type CommandFunction, type Run, runNested } from "./commands";
import type { Json } from "./values";

const roomAsked = (run: Run, { party = "main", room }: any): Party.Stub => run.room.context.parties[party].get(room);

async function fetchRoom(run: Run, call: any): Promise<Json> {
  const stub = roomAsked(run, call);
  const body = call.script ? JSON.stringify(call.script) : call.body;
  // A body needs a method that may have one.
  const method = call.method ?? (body === undefined ? "GET" : "POST");
  const init = { method, headers: call.headers, body, redirect: call.redirect } as never;
  const response = await (call.path === undefined ? stub.fetch(init) : stub.fetch(call.path, init));
  const { status } = response;
  const isJson = response.headers.get("content-type") === "application/json";
  return isJson ? { status, json: await response.json() } : { status, body: await response.text() };
}

/** Opens a socket, runs the script meanwhile, says one thing, hears so many, and closes. */
async function talkToRoom(run: Run, call: any): Promise<Json> {
  const stub = roomAsked(run, call);
  const socket = (await (call.path === undefined ? stub.socket() : stub.socket(call.path))) as unknown as WebSocket;
  const wanted = call.hears ?? 1;
  const heard: Json[] = [];
  const enough = new Promise<void>((settle) => {
    const hear = (what: Json) => {
      heard.push(what);
      if (heard.length >= wanted) settle();
    };
    socket.addEventListener("message", ({ data }) => hear({ text: String(data) }));
    socket.addEventListener("close", ({ code, reason }) => hear({ close: code, reason }));
  });
  const meanwhile = call.script && (await runNested(run, call.script, run.storage));
  socket.send(call.text);
  await enough;
  socket.close(1000);
  const result = wanted === 1 ? heard[0] : heard;
  return meanwhile ? { heard: result, meanwhile } : result;
}

export const callCommands: Record<string, CommandFunction> = { fetch: fetchRoom, connect: talkToRoom };
