"""Waiting with a limit, telling errors apart, and a batch with so many at once.

    pip install requests
    python examples/server/best_practices.py

DUBBER_URL is the server's address (http://127.0.0.1:8000), DUBBER_API_KEY a key where it wants one.
"""

import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

url = os.environ.get("DUBBER_URL", "http://127.0.0.1:8000")
http = requests.Session()
if "DUBBER_API_KEY" in os.environ:
    http.headers["Authorization"] = f"Bearer {os.environ['DUBBER_API_KEY']}"
# Broken connections and refusals that pass are worth another try; `Retry-After` is obeyed.
retry = Retry(4, backoff_factor=0.5, status_forcelist=[429, 503], allowed_methods=None)
http.mount("http", HTTPAdapter(max_retries=retry))


def wait_for_task(task_id, max_wait=300):
    """Waits for the end; the server holds each question until something has changed."""
    deadline = time.monotonic() + max_wait
    while time.monotonic() < deadline:
        answer = http.get(f"{url}/api/v1/async/tasks/{task_id}/status", params={"wait": 30})
        answer.raise_for_status()
        if answer.json()["status"] in ("completed", "failed"):
            return answer.json()
    raise TimeoutError(f"Task {task_id} did not complete within {max_wait} seconds")


def safe_synthesis(text, voice_id):
    """Speaks one text; None, and a line about why, when that fails."""
    try:
        answer = http.post(
            f"{url}/api/v1/async/synthesize/sft",
            json={"text": text, "voice_id": voice_id},
            # However often this is sent, it makes one task.
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )
        if not answer.ok:
            refusal = answer.json()
            print(f'"{text}" failed: {refusal["error"]}: {refusal["message"]}')
            return None
        status = wait_for_task(answer.json()["task_id"])
        if status["status"] == "failed":
            print(f'"{text}" failed: {status["error"]}')
            return None
        return http.get(f"{url}{status['result_url']}").json()
    except (requests.RequestException, TimeoutError) as error:
        print(f'"{text}" failed: {error}')
        return None


def process_batch(texts, voice_id, max_concurrent=5):
    """Many texts, so many at once; results in the order of the texts."""
    with ThreadPoolExecutor(max_workers=max_concurrent) as executor:
        return list(executor.map(lambda text: safe_synthesis(text, voice_id), texts))


texts = ["One.", "Two, a little longer.", "…!", "Four: the third had nothing to say."]
for number, result in enumerate(process_batch(texts, "pretrained_voice_001"), start=1):
    print(f"{number}: {result['duration']} s" if result else f"{number}: failed")
