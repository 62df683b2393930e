// The command language: runs a script, one command after the other, and gathers what the commands give.
//
// A command that throws adds {"error": text} and the script goes on, so that one scenario can look at many refusals;
// with "uncaught": true the error leaves the handler. A command that gives nothing adds nothing.
import type * as Party from "partykit/server";
import { callCommands } from "./call_commands";
import { connectionCommands } from "./connection_commands";
import { addLine, nameOf } from "./report";
import { storageCommands } from "./storage_commands";
import { type Command, type Json, type Script, errorOf, errorText, expand, jsonOf } from "./values";

/** What a script can reach, and what it has gathered so far. */
export interface Run {
  room: Party.Room;
  /** The connection in hand; requests, alarms and timers have none. */
  sender?: Party.Connection;
  /** The request in hand: of onRequest, or the upgrade of onConnect and getConnectionTags. */
  request?: Party.Request;
  requestBody?: string;
  results: Json[];
  /** What `respond` asked for; without it a request is answered with the results. */
  response?: Response;
  /** Storage, or the transaction in which a nested script runs. */
  storage: Party.Storage;
}

/** Gives a result, or undefined when there is none to add. */
export type CommandFunction = (run: Run, command: any) => unknown;

const commands: Record<string, CommandFunction> = {
  ...storageCommands,
  ...connectionCommands,
  ...callCommands,

  id: (run) => run.room.id,
  name: (run) => run.room.name,
  internalID: (run) => run.room.internalID,
  note: (run, { text }) => void addLine(nameOf(run.room), `note ${text ?? JSON.stringify(run.results.splice(0))}`),
  throw: (_run, command) => {
    throw "plain" in command ? command.plain : errorOf(command);
  },
  reply: (run) => {
    if (!run.sender) throw new Error("there is no sender to reply to");
    run.sender.send(JSON.stringify(run.results.splice(0)));
  },
  respond: (run, wanted) => {
    run.response = responseOf(wanted);
  },
  request: (run, wanted) => requestSeen(run, wanted),

  sleep: (_run, { ms }) => new Promise<void>((settle) => setTimeout(settle, ms)),
  timeout: (run, { ms, script }) => void setTimeout(() => void runAlone(run, script), ms),
  interval: (run, { ms, times, script }) => {
    let left = times;
    const timer = setInterval(() => {
      if (--left <= 0) clearInterval(timer);
      void runAlone(run, script);
    }, ms);
  },
  // PartyKit's rooms have no waitUntil of their own: work that nobody awaits goes on by itself.
  waitUntil: (run, { script }) => void runAlone(run, script),
  block: async (run, { script }) => run.room.blockConcurrencyWhile(() => runNested(run, script, run.storage)),
  each: async (run, { tag, script }) => {
    for (const sender of run.room.getConnections(tag)) await runScript({ ...run, sender }, script);
  },
  transaction: async (run, { script, rollback }) =>
    run.room.storage.transaction(async (transaction) => {
      const results = await runNested(run, script, transaction as unknown as Party.Storage);
      if (rollback) transaction.rollback();
      return results;
    }),
};

export async function runScript(run: Run, script: Script): Promise<void> {
  for (const written of script) {
    const command = expand(written) as Command;
    try {
      const execute = commands[command.do];
      if (!execute) throw new Error(`there is no command ${command.do}`);
      const result = execute(run, command);
      // Awaiting what is no promise would let other events in where the real thing would not.
      const given = result instanceof Promise ? await result : result;
      if (given !== undefined) run.results.push(jsonOf(given));
    } catch (error) {
      if (command.uncaught) throw error;
      run.results.push({ error: errorText(error) });
    }
  }
}

/** A script inside a command: its results are the command's result. */
export async function runNested(outer: Run, script: Script, storage: Party.Storage): Promise<Json[]> {
  const run: Run = { ...outer, storage, results: [] };
  await runScript(run, script);
  return run.results;
}

/** A script that nobody awaits: what it throws is reported, because nobody else can tell. */
async function runAlone(outer: Run, script: Script): Promise<void> {
  try {
    await runNested(outer, script, outer.room.storage);
  } catch (error) {
    addLine(nameOf(outer.room), `note alone ${errorText(error)}`);
  }
}

export function responseOf(wanted: any): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(wanted.headers ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) headers.append(name, String(one));
  }
  const { status = 200, body = null } = wanted;
  return new Response(typeof body === "object" && body !== null ? JSON.stringify(body) : body, { status, headers });
}

function requestSeen(run: Run, wanted: any): Json {
  const { request } = run;
  if (!request) throw new Error("there is no request");
  const url = new URL(request.url);
  const seen: Record<string, Json> = { method: request.method, path: url.pathname };
  const choose = (names: string[], from: { get(name: string): string | null }) =>
    Object.fromEntries(names.map((name) => [name, from.get(name)]));
  if (wanted.headers) seen.headers = choose(wanted.headers, request.headers as unknown as Headers);
  if (wanted.query) seen.query = choose(wanted.query, url.searchParams);
  if (wanted.body) seen.body = run.requestBody ?? "";
  if (wanted.host) seen.host = url.host;
  return seen;
}
