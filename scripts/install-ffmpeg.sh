#!/usr/bin/env bash
# Makes sure there is an ffmpeg: does nothing where one is found, installs it with the system's package manager where that is
# allowed, and otherwise says in one line what to type.
set -euo pipefail

if [ -n "${FFMPEG_PATH:-}" ]; then exit 0; fi
if command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null; then exit 0; fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  # Only a sudo that asks for no password: a set-up that waits for typing hangs scripts.
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root="sudo -n"; else as_root="no"; fi
fi

say() { echo "ffmpeg is missing. Install it with: $1" >&2; exit 4; }

install() { # install "command people type" command…
  local typed="$1"; shift
  if [ "$as_root" = "no" ]; then say "sudo $typed"; fi
  echo "ffmpeg is missing; installing it: $typed" >&2
  $as_root "$@" || say "$typed"
}

if command -v brew >/dev/null; then brew install ffmpeg || say "brew install ffmpeg"
elif command -v apt-get >/dev/null; then
  install "apt-get install ffmpeg" sh -c 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq ffmpeg >/dev/null'
elif command -v dnf >/dev/null; then install "dnf install ffmpeg-free" dnf install -y -q ffmpeg-free
elif command -v pacman >/dev/null; then install "pacman -S ffmpeg" pacman -S --noconfirm ffmpeg
elif command -v apk >/dev/null; then install "apk add ffmpeg" apk add ffmpeg
elif command -v zypper >/dev/null; then install "zypper install ffmpeg" zypper --non-interactive install ffmpeg
else say "your system's package manager (ffmpeg 5 or newer)"
fi
