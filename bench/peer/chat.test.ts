// Everybody ends with the same transcript. The plan says whether lives are counted, or the planted bug is looked for.
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { live, steps, type Step } from "./lives";

interface Plan {
  mode: "lives" | "bug";
  atOnce: number;
  seconds: number;
  seeds: number[];
}
const { CHAT, FORGETFUL, PLAN } = env as unknown as Record<"CHAT" | "FORGETFUL", DurableObjectNamespace> & { PLAN: string };
const plan: Plan = JSON.parse(PLAN);
const warmUpLives = 32;
const timeout = 600_000;
const report = (found: object) => console.log(`peer: ${JSON.stringify(found)}`);

/** Plays the correct chat, one life after another or several at once, and says how many it were. */
async function count(limits: { numRuns: number; interruptAfterTimeLimit?: number }) {
  const found = { lives: 0, steps: 0, seconds: 0 };
  const play = async (life: Step[]) => {
    await live(CHAT, life);
    found.lives++;
    found.steps += life.length;
  };
  const property =
    plan.atOnce === 1
      ? fc.asyncProperty(steps, play)
      : fc.asyncProperty(fc.array(steps, { minLength: plan.atOnce, maxLength: plan.atOnce }), async (lives) => {
          await Promise.all(lives.map(play));
        });
  const began = Date.now();
  await fc.assert(property, { seed: plan.seeds[0], ...limits });
  found.seconds = (Date.now() - began) / 1000;
  return found;
}

/** How long until the forgetful chat is caught, and until the counterexample is small; and whether it comes again. */
async function search(seed: number) {
  const began = Date.now();
  const since = () => (Date.now() - began) / 1000;
  const found = { seed, found: false, foundSeconds: 0, lives: 0, seconds: 0, stepsBefore: 0, steps: 0, replays: false };
  const property = fc.asyncProperty(steps, async (life) => {
    if (!found.found) found.lives++;
    try {
      await live(FORGETFUL, life);
    } catch (error) {
      if (!found.found) Object.assign(found, { found: true, foundSeconds: since(), stepsBefore: life.length });
      throw error;
    }
  });
  const result = await fc.check(property, { seed, numRuns: 10_000 });
  found.seconds = since();
  if (!result.failed) return found;
  const smallest = result.counterexample![0];
  found.steps = smallest.length;
  const again = await fc.check(property, { seed, path: result.counterexamplePath!, endOnFailure: true });
  found.replays = again.failed && JSON.stringify(again.counterexample![0]) === JSON.stringify(smallest);
  return found;
}

it.runIf(plan.mode === "lives")("shows everybody the same lines", { timeout }, async () => {
  await count({ numRuns: warmUpLives / plan.atOnce });
  const found = await count({ numRuns: 1_000_000, interruptAfterTimeLimit: plan.seconds * 1000 });
  expect(found.lives).toBeGreaterThan(0);
  report(found);
});

it.runIf(plan.mode === "bug")("is found out when it forgets", { timeout }, async () => {
  for (const seed of plan.seeds) {
    const found = await search(seed);
    expect(found.found).toBe(true);
    report(found);
  }
});
