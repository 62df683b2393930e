// The chat of docs/examples/chat as a Durable Object: lines to everyone, the last hundred of them in storage.
import { DurableObject } from "cloudflare:workers";

export const keptLines = 100;
const maxLineLength = 2000;
export const refusal = "at most 2,000 bytes of text, please";

const keyOf = (number: number) => `line:${String(number).padStart(16, "0")}`;

export class Chat extends DurableObject {
  private lines: string[] = [];
  private next = 0;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env);
    ctx.blockConcurrencyWhile(() => this.restore());
  }

  protected async restore() {
    for (const [key, line] of await this.ctx.storage.list<string>({ prefix: "line:" })) {
      this.lines.push(line);
      this.next = Number(key.slice(5)) + 1;
    }
  }

  async fetch() {
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server);
    server.send(JSON.stringify(this.lines));
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketMessage(sender: WebSocket, line: string | ArrayBuffer) {
    if (typeof line !== "string" || line.length > maxLineLength) {
      sender.send(refusal);
      return;
    }
    const number = this.next++;
    this.save(number, line); // no need to wait: the output gate holds the broadcast until it is durable
    this.lines.push(line);
    if (this.lines.length > keptLines) this.lines.shift();
    for (const socket of this.ctx.getWebSockets()) socket.send(line);
  }

  protected save(number: number, line: string) {
    this.ctx.storage.put(keyOf(number), line);
    if (number >= keptLines) this.ctx.storage.delete(keyOf(number - keptLines));
  }
}

/** The planted bug of forgetful_chat.h: the history lives in a member only. */
export class ForgetfulChat extends Chat {
  protected async restore() {}
  protected save() {}
}

export default { fetch: () => new Response(null, { status: 404 }) };
