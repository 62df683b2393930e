// The handlers of the edge. What they do stands in the query parameter `before` of the request in hand.
import type * as Party from "partykit/server";
import { responseOf } from "./commands";
import { addLine, takeLines } from "./report";
import { errorOf, expand } from "./values";

export async function beforeRoom(handler: string, request: Party.Request, lobby: Party.Lobby): Promise<any> {
  const url = new URL(request.url);
  addLine(`${partyIn(url.pathname)}/${lobby.id}`, handler);
  const before = wantedBy(url);
  if (!before) return request;
  if (before.nothing) return undefined;
  return before.rewrite ? rewritten(request, before.rewrite) : answer(before);
}

export async function elsewhere(request: Party.Request): Promise<any> {
  const url = new URL(request.url);
  if (url.pathname === "/report") return Response.json(takeLines(url.searchParams.get("room") ?? ""));
  const before = wantedBy(url);
  if (before?.nothing) return undefined;
  return before ? answer(before) : new Response(`not a room: ${url.pathname}`, { status: 404 });
}

/** A lobby does not say which party it stands before; the path does. */
function partyIn(path: string): string {
  const [, first, second] = path.split("/");
  return first === "party" ? "main" : second;
}

function wantedBy(url: URL): any {
  const before = url.searchParams.get("before");
  return before ? expand(JSON.parse(before)) : undefined;
}

function answer(before: any): Response {
  if ("throwPlain" in before) throw before.throwPlain;
  if ("throw" in before) throw errorOf({ message: before.throw, code: before.code });
  return responseOf(before.respond);
}

/** A copy of the request with these changes; null takes a parameter or a header away. */
function rewritten(request: Party.Request, changes: any): Request {
  const url = new URL(request.url);
  url.searchParams.delete("before");
  for (const [name, value] of Object.entries(changes.query ?? {})) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, typeof value === "string" ? value : JSON.stringify(value));
  }
  if (changes.path) url.pathname = changes.path;
  const headers = new Headers(request.headers as never);
  for (const [name, value] of Object.entries(changes.headers ?? {})) {
    if (value === null) headers.delete(name);
    else headers.set(name, String(value));
  }
  const init: RequestInit = { headers };
  if (changes.method) init.method = changes.method;
  if (changes.body !== undefined) init.body = changes.body;
  return new Request(url, new Request(request as never, init as never) as never);
}
