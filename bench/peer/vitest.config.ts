// PEER_TOOL is the package under test: one name for what it was called until 2026, one for what it is called now.
import { defineConfig } from "vitest/config";

const { cloudflareTest } = await import(process.env.PEER_TOOL!);

export default defineConfig({
  plugins: [
    cloudflareTest({
      main: "./chat.ts",
      miniflare: {
        compatibilityDate: "2026-08-01",
        bindings: { PLAN: process.env.PEER_PLAN! },
        durableObjects: {
          CHAT: { className: "Chat", useSQLite: true },
          FORGETFUL: { className: "ForgetfulChat", useSQLite: true },
        },
      },
    }),
  ],
});
