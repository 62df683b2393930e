// A total order of what was called in each room.
//
// It lies outside the rooms, at module level, which `partykit dev` keeps for the life of the process: one isolate runs
// the edge and every room. So it survives hibernation, eviction and reset of a room, and can tell of them.
import type * as Party from "partykit/server";

const linesOf = new Map<string, string[]>();

// `room.id` throws while an alarm runs and in a room that an alarm woke (LIFE-15, LIFE-18); `internalID` never does, and
// whoever has an alarm was constructed with an id before.
const idOf = new Map<string, string>();

export function addLine(room: string, line: string): void {
  const lines = linesOf.get(room);
  if (lines) lines.push(line);
  else linesOf.set(room, [line]);
}

/** The lines of `room`, written `party/id`, which are forgotten by this. */
export function takeLines(room: string): string[] {
  const lines = linesOf.get(room) ?? [];
  linesOf.delete(room);
  return lines;
}

/** `party/id` of a room, also where the room itself may not say it. */
export function nameOf(room: Party.Room): string {
  const known = `${room.name}/${room.internalID}`;
  let id = idOf.get(known);
  if (id === undefined) {
    id = room.id;
    idOf.set(known, id);
  }
  return `${room.name}/${id}`;
}

/** What a report shows of a message: how long a binary one is, how a text begins. */
export function summary(message: string | ArrayBuffer): string {
  if (typeof message !== "string") return `bytes ${message.byteLength}`;
  return `text ${Array.from(message.slice(0, 200)).slice(0, 60).join("")}`;
}
