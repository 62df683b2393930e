#!/bin/sh
# run.sh <source folder> <build folder> <port>: starts the real PartyKit with the probe and stays in front of it.
#
# Installs PartyKit into the build folder, once per lock file; npm's own cache serves a second build folder. stdout says
# `Ready on http://0.0.0.0:<port>` when it serves. SIGTERM ends it with everything it started. Exit code 77, "left out",
# when PartyKit is not there and npm cannot be reached.
set -eu
source=$(cd "$1" && pwd) build=$2 port=$3
mkdir -p "$build"
cd "$build"
if ! cmp -s "$source/package-lock.json" installed-lock.json; then
  rm -f installed-lock.json
  cp "$source/package.json" "$source/package-lock.json" .
  # Without a network this ends in seconds, not in the minutes that npm would go on trying.
  export npm_config_fetch_retries=1 npm_config_fetch_retry_mintimeout=1000
  if ! npm ci --ignore-scripts --prefer-offline --no-audit --no-fund >npm.log 2>&1; then
    tail -n 5 npm.log
    if npm ping >/dev/null 2>&1; then exit 1; fi
    echo "left out: npm's registry cannot be reached"
    exit 77
  fi
  cp "$source/package-lock.json" installed-lock.json
fi

# A copy for each port: PartyKit watches its sources, and a change would drop every room of the others.
rm -rf "on-$port"
mkdir "on-$port"
cp "$source"/*.ts "$source/partykit.json" "on-$port"
cd "on-$port"

# A group of its own, to end all of it: PartyKit ends its workerd by itself, but leaves an esbuild behind.
export CI=true
setsid node ../node_modules/partykit/dist/bin.mjs dev --port "$port" --persist false --disable-request-cf-fetch \
  --no-hotkeys &
server=$!
stop() {
  trap '' TERM INT HUP
  kill -s TERM -- "-$server" 2>/dev/null || true
  wait "$server" || true
  kill -s KILL -- "-$server" 2>/dev/null || true
  cd .. && rm -rf "on-$port"
  exit 0
}
trap stop TERM INT HUP
wait "$server"
