// The party "silent": a class that overrides nothing, in a room that hibernates.
import type * as Party from "partykit/server";

export default class Silent {
  readonly options = { hibernate: true };
  constructor(readonly room: Party.Room) {}
}
