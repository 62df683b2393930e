// Commands on the room's storage and its alarm. "await": false issues an operation and goes on without its result.
import type { CommandFunction, Run } from "./commands";
import { type Json, jsonOf, valueOf } from "./values";

const optionNames = [
  "allowConcurrency", "allowUnconfirmed", "noCache", "prefix", "start", "startAfter", "end", "limit", "reverse",
];

/** The options a command names, or undefined: an empty object would be an argument of its own. */
function optionsIn(command: Record<string, Json>): any {
  const named = optionNames.filter((name) => name in command).map((name) => [name, command[name]]);
  return named.length > 0 ? Object.fromEntries(named) : undefined;
}

type Operation = (run: Run, command: any, options: any) => Promise<unknown>;

function operation(issue: Operation): CommandFunction {
  return (run, command) => {
    // Within a transaction a command may ask for the room's own storage instead.
    const where = command.direct === true ? { ...run, storage: run.room.storage } : run;
    const issued = issue(where, command, optionsIn(command));
    if (command.await !== false) return issued;
    // Nobody looks at this promise again; what matters of its failure is what it does to the room.
    issued.catch(() => {});
  };
}

/** The alarm as a scenario can compare it: how far ahead, in whole seconds, or the exact time when it chose that. */
async function alarmAhead(run: Run, exact: boolean): Promise<Json> {
  const time = await run.storage.getAlarm();
  if (time === null || exact) return time;
  return { in: Math.round((time - Date.now()) / 1000) * 1000 };
}

export const storageCommands: Record<string, CommandFunction> = {
  // An absent key is a result too, which `undefined` would not be.
  get: operation(async (run, { key, keys }, options) => jsonOf(await run.storage.get(keys ?? key, options))),
  put: operation((run, { key, value, entries }, options) =>
    entries
      ? run.storage.put(valueOf(entries) as Record<string, unknown>, options)
      : run.storage.put(key, valueOf(value), options),
  ),
  delete: operation((run, { key, keys }, options) => run.storage.delete(keys ?? key, options)),
  deleteAll: operation((run) => run.storage.deleteAll()),
  list: operation((run, _command, options) => run.storage.list(options)),
  sync: operation((run) => run.storage.sync()),
  getAlarm: operation((run, { exact }) => alarmAhead(run, exact === true)),
  setAlarm: operation((run, command, options) =>
    run.storage.setAlarm("at" in command ? command.at : Date.now() + command.in, options),
  ),
  deleteAlarm: operation((run) => run.storage.deleteAlarm()),
};
