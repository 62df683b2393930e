// The party "porter": handlers of the edge alone, before a room that handles nothing.
import type * as Party from "partykit/server";
import { beforeRoom } from "./edge";

export default class Porter {
  constructor(readonly room: Party.Room) {}

  static onBeforeConnect(request: Party.Request, lobby: Party.Lobby) {
    return beforeRoom("onBeforeConnect", request, lobby);
  }

  static onBeforeRequest(request: Party.Request, lobby: Party.Lobby) {
    return beforeRoom("onBeforeRequest", request, lobby);
  }

  // Only the main party's onFetch is ever called (ROUTE-19).
  static onFetch() {
    return new Response("porter's onFetch", { status: 500 });
  }
}
