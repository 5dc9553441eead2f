#!/usr/bin/env bash
# Makes sure that the tests which run Python programs can: installs requests and aiohttp for the system's Python where that is
# allowed, and otherwise says in one line that those tests are skipped. Never fails: no other test needs them.
set -euo pipefail

for python in /usr/bin/python3 python3; do
  if "$python" -c 'import aiohttp, requests' 2>/dev/null; then exit 0; fi
done

say() { echo "Tests of Python programs are skipped: requests and aiohttp are missing ($1)." >&2; exit 0; }

typed="apt-get install python3-requests python3-aiohttp"
command -v apt-get >/dev/null || say "install both for python3"
[ "$(id -u)" -eq 0 ] || say "sudo $typed"
echo "requests and aiohttp are missing; installing them for tests: $typed" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq && apt-get install -y -qq python3-requests python3-aiohttp >/dev/null || say "$typed"
