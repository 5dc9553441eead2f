#!/usr/bin/env bash
# Everything the server can do, asked with curl alone.
#
#   bash examples/server/curl.sh my_voice_sample.wav
#
# DUBBER_URL is the server's address (http://127.0.0.1:8000), DUBBER_API_KEY a key where it wants one.
set -euo pipefail

sample="${1:?Usage: bash curl.sh VOICE_SAMPLE.wav, a recording of 3 to 30 seconds}"
url="${DUBBER_URL:-http://127.0.0.1:8000}"
api="$url/api/v1"

# curl ends with an error, and shows what was said, when the server refuses.
ask() { curl --silent --show-error --fail-with-body ${DUBBER_API_KEY:+--header "Authorization: Bearer $DUBBER_API_KEY"} "$@"; }
# One text of a JSON answer; jq does this better where it is installed.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
json=(--header "Content-Type: application/json" --data)

echo "== Is it well?"
ask "$url/health"; echo

echo "== Order speech"
order='{"text": "Hello, this is async voice synthesis!", "voice_id": "pretrained_voice_001"}'
task=$(ask "$api/async/synthesize/sft" "${json[@]}" "$order" | field task_id)
echo "$task"

echo "== Wait: answered when the status changes, after 30 seconds at the latest"
status=pending
until [ "$status" = completed ]; do
  status=$(ask "$api/async/tasks/$task/status?wait=30" | field status)
  [ "$status" != failed ] || exit 1
done
echo "$status"

echo "== Or watch, until it ends"
ask "$api/async/tasks/$task/events"

echo "== Fetch"
audio=$(ask "$api/async/tasks/$task/result" | field audio_url)
ask "$url$audio" --output speech.wav
echo "speech.wav"

echo "== Wait on the line, and get the sound itself while it is being spoken"
order='{"text": "This comes while it is being said.", "voice_id": "pretrained_voice_001", "format": "mp3", "stream": true}'
ask "$api/synthesize/sft" "${json[@]}" "$order" --output streamed.mp3
echo "streamed.mp3"

echo "== The same as OpenAI's API"
order='{"model": "tts-1", "voice": "alloy", "input": "Hello from OpenAI.", "response_format": "wav"}'
ask "$url/v1/audio/speech" "${json[@]}" "$order" --output openai.wav
echo "openai.wav"

echo "== Keep a recording as a voice, look at it, and delete it"
ask "$api/voices/" --form voice_id=my-voice --form name="My voice" --form consent=true --form audio_file="@$sample"; echo
ask "$api/voices/?page_size=10"; echo
ask --request DELETE "$api/voices/my-voice"; echo

echo "== Cancel"
text=$(printf 'This sentence is said over and over again. %.0s' {1..500})
order="{\"text\": \"$text\", \"voice_id\": \"pretrained_voice_001\"}"
task=$(ask "$api/async/synthesize/sft" "${json[@]}" "$order" | field task_id)
ask --request DELETE "$api/async/tasks/$task"; echo

echo "== All tasks, newest first"
ask "$api/async/tasks?limit=10"; echo
