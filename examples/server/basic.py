"""Speaks a sentence: ordered now, asked about while it is spoken, fetched when it is there.

    pip install requests
    python examples/server/basic.py [FILE]

DUBBER_URL is the server's address (http://127.0.0.1:8000), DUBBER_API_KEY a key where it wants one.
"""

import os
import sys

import requests

file = sys.argv[1] if len(sys.argv) > 1 else "async_output.wav"
url = os.environ.get("DUBBER_URL", "http://127.0.0.1:8000")
http = requests.Session()
if "DUBBER_API_KEY" in os.environ:
    http.headers["Authorization"] = f"Bearer {os.environ['DUBBER_API_KEY']}"

answer = http.post(
    f"{url}/api/v1/async/synthesize/sft",
    json={
        "text": "Hello, this is async voice synthesis!",
        "voice_id": "pretrained_voice_001",
        "speed": 1.0,
        "format": "wav",
    },
)
answer.raise_for_status()
task = answer.json()
print(f"Task submitted: {task['task_id']}")

while True:
    # With `wait` the server answers when the status changes, after 30 seconds at the latest: no sleeping here.
    status = http.get(f"{url}{task['check_status_url']}", params={"wait": 30}).json()
    print(f"Status: {status['status']} - Progress: {status['progress'] * 100:.1f}%")
    if status["status"] == "failed":
        sys.exit(f"Task failed: {status['error']}")
    if status["status"] == "completed":
        break

result = http.get(f"{url}{task['result_url']}").json()
audio = http.get(f"{url}{result['audio_url']}")
audio.raise_for_status()
with open(file, "wb") as output:
    output.write(audio.content)
print(f"Audio saved to {file}")
