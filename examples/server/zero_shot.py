"""Speaks like a recording of 3 to 30 seconds. The server needs an engine that can, such as a CosyVoice server (COSYVOICE_URL).

    pip install requests
    python examples/server/zero_shot.py my_voice_sample.wav "What is said in the recording." [FILE]

DUBBER_URL is the server's address (http://127.0.0.1:8000), DUBBER_API_KEY a key where it wants one.
"""

import os
import sys

import requests

sample = sys.argv[1] if len(sys.argv) > 1 else "my_voice_sample.wav"
prompt_text = sys.argv[2] if len(sys.argv) > 2 else ""
file = sys.argv[3] if len(sys.argv) > 3 else "cloned.wav"
url = os.environ.get("DUBBER_URL", "http://127.0.0.1:8000")
http = requests.Session()
if "DUBBER_API_KEY" in os.environ:
    http.headers["Authorization"] = f"Bearer {os.environ['DUBBER_API_KEY']}"

with open(sample, "rb") as prompt_audio:
    answer = http.post(
        f"{url}/api/v1/async/synthesize/zero-shot",
        files={"prompt_audio": prompt_audio},
        data={
            "text": "This is zero-shot voice cloning in async mode!",
            "prompt_text": prompt_text,
            "speed": 1.0,
            "format": "wav",
        },
    )
if not answer.ok:
    # `error` is for programs, `message` for people: here, what to configure when no engine can do it.
    sys.exit(answer.json()["message"])
task = answer.json()
print(f"Zero-shot task submitted: {task['task_id']}")

while True:
    status = http.get(f"{url}{task['check_status_url']}", params={"wait": 30}).json()
    if status["status"] == "failed":
        sys.exit(f"Task failed: {status['error']}")
    if status["status"] == "completed":
        break

result = http.get(f"{url}{task['result_url']}").json()
with open(file, "wb") as output:
    output.write(http.get(f"{url}{result['audio_url']}").content)
print(f"Audio saved to {file}")
