// Values as scenarios write them in JSON, and as the room has them.

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Command = { do: string; [argument: string]: Json };
export type Script = Command[];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** Long texts are written short: {"$repeat":"x","times":3} is "xxx", wherever it stands. */
export function expand(value: Json): Json {
  if (Array.isArray(value)) return value.map(expand);
  if (!isObject(value)) return value;
  if (typeof value.$repeat === "string") return value.$repeat.repeat(Number(value.times));
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, expand(member as Json)]));
}

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function hexOf(bytes: ArrayBuffer | Uint8Array): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** {"$bytes":hex} and {"$date":milliseconds} become what JSON has no words for. */
export function valueOf(value: Json): unknown {
  if (Array.isArray(value)) return value.map(valueOf);
  if (!isObject(value)) return value;
  if (typeof value.$bytes === "string") return bytesOf(value.$bytes);
  if (typeof value.$date === "number") return new Date(value.$date);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, valueOf(member as Json)]));
}

/** The way back. What is not there at all is told from a null that was stored. */
export function jsonOf(value: unknown): Json {
  if (value === undefined) return { absent: true };
  if (value instanceof Date) return { $date: value.getTime() };
  if (value instanceof ArrayBuffer || value instanceof Uint8Array) return { $bytes: hexOf(value) };
  if (value instanceof Map) return Array.from(value, ([key, member]) => [key, jsonOf(member)]);
  if (Array.isArray(value)) return value.map(jsonOf);
  if (!isObject(value)) return value as Json;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, jsonOf(member)]));
}

/** A text as a script, or nothing when it is none. */
export function scriptIn(text: string | null | undefined): Script | undefined {
  if (!text?.startsWith("[")) return undefined;
  try {
    return JSON.parse(text) as Script;
  } catch {
    return undefined;
  }
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The error a scenario asks for, with the `code` that PartyKit makes a status of (REQUEST-12). */
export function errorOf(wanted: { message?: Json; code?: Json }): Error {
  const error = new Error(String(wanted.message ?? ""));
  return wanted.code === undefined ? error : Object.assign(error, { code: wanted.code });
}
