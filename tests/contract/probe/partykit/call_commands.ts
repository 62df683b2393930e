// Commands that ask another room, or this one, through `room.context.parties`.
import type * as Party from "partykit/server";
import type { CommandFunction, Run } from "./commands";
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

/** Opens a socket, says one thing, hears one thing, and closes. */
async function talkToRoom(run: Run, call: any): Promise<Json> {
  const stub = roomAsked(run, call);
  const socket = (await (call.path === undefined ? stub.socket() : stub.socket(call.path))) as unknown as WebSocket;
  const heard = new Promise<Json>((settle) => {
    socket.addEventListener("message", ({ data }) => settle({ text: String(data) }));
  });
  socket.send(call.text);
  const result = await heard;
  socket.close(1000);
  return result;
}

export const callCommands: Record<string, CommandFunction> = { fetch: fetchRoom, connect: talkToRoom };
