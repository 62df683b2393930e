#!/bin/sh
# run.sh <source folder> <build folder> <server>: installs the client into the build, once per lock file, and runs the
# test. Exit code 77, "left out", when the client is not there and npm cannot be reached.
set -eu
source=$1 build=$2 server=$3
mkdir -p "$build"
cd "$build"
if ! cmp -s "$source/package-lock.json" installed-lock.json; then
  rm -f installed-lock.json
  cp "$source/package.json" "$source/package-lock.json" .
  if ! npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1; then
    tail -n 5 npm.log
    if npm ping >/dev/null 2>&1; then exit 1; fi
    echo "left out: npm's registry cannot be reached"
    exit 77
  fi
  cp "$source/package-lock.json" installed-lock.json
fi
cp "$source/partysocket_test.mjs" .
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
node partysocket_test.mjs "$server" "$data"
