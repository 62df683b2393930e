// Commands on connections: the sender's, unless "to" names another by its id.
import type * as Party from "partykit/server";
import type { CommandFunction, Run } from "./commands";
import { addLine, nameOf } from "./report";
import { bytesOf, jsonOf, valueOf } from "./values";

function connectionIn(run: Run, to?: string): Party.Connection {
  const connection = to === undefined ? run.sender : run.room.getConnection(to);
  const missing = to === undefined ? 'there is no sender here, name a connection in "to"' : `there is no connection ${to}`;
  if (!connection) throw new Error(missing);
  return connection;
}

/** What a command sends: a text, made longer when it names a size, or bytes in hex. */
function messageIn({ text = "", bytes, size }: any): string | Uint8Array {
  if (bytes !== undefined) return bytesOf(bytes);
  return size === undefined ? text : text.repeat(Math.ceil(size / text.length)).slice(0, size);
}

export const connectionCommands: Record<string, CommandFunction> = {
  send: (run, command) => void connectionIn(run, command.to).send(messageIn(command)),
  broadcast: (run, command) => void run.room.broadcast(messageIn(command), command.without),
  close: (run, { to, code, reason }) => {
    const connection = connectionIn(run, to);
    if (code === undefined && reason === undefined) connection.close();
    else connection.close(code, reason);
  },

  connections: (run, { tag, sorted = true }) => {
    const ids = Array.from(run.room.getConnections(tag), (connection) => connection.id);
    return sorted ? ids.sort() : ids;
  },
  connection: (run, { id }) => run.room.getConnection(id) !== undefined,
  open: (run, { to }) => connectionIn(run, to).readyState === 1,
  readyState: (run, { to }) => connectionIn(run, to).readyState,
  uri: (run, { to }) => connectionIn(run, to).uri.replace(/^[a-z]+:\/\/[^/]*/, ""),

  state: (run, { to }) => jsonOf(connectionIn(run, to).state),
  setState: (run, { to, value, add }) => {
    const connection = connectionIn(run, to);
    if (add === undefined) return void connection.setState(valueOf(value ?? null));
    return jsonOf(connection.setState((before: unknown) => Number(before ?? 0) + add));
  },

  // What `state` gives is changed, and not set again (STATE-7).
  changeState: (run, { to, name, value }) => {
    const given = connectionIn(run, to).state as Record<string, unknown>;
    given[name] = value;
  },
  serializeAttachment: (run, { to, value }) => void connectionIn(run, to).serializeAttachment(valueOf(value)),
  deserializeAttachment: (run, { to }) => jsonOf(connectionIn(run, to).deserializeAttachment()),

  listen: (run, { to, event }) => {
    const connection = connectionIn(run, to);
    const line = `listener ${event} ${connection.id}`;
    connection.addEventListener(event, () => addLine(nameOf(run.room), line));
  },
};
