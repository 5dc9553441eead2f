"""Several texts at once. The server works on as many as MAX_SYNTHESIS_WORKERS says; the others wait their turn.

    pip install aiohttp
    python examples/server/concurrent_tasks.py [FOLDER]

DUBBER_URL is the server's address (http://127.0.0.1:8000), DUBBER_API_KEY a key where it wants one.
"""

import asyncio
import os
import sys
from pathlib import Path

import aiohttp

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "spoken")
url = os.environ.get("DUBBER_URL", "http://127.0.0.1:8000")
key = os.environ.get("DUBBER_API_KEY")
headers = {"Authorization": f"Bearer {key}"} if key else {}

texts = [
    "Hello, this is the first synthesis task.",
    "This is the second synthesis running in parallel.",
    "And here's the third one, all processing together!",
]


async def speak(session, number, text):
    order = {"text": text, "voice_id": "pretrained_voice_001", "format": "wav"}
    async with session.post(f"{url}/api/v1/async/synthesize/sft", json=order) as answer:
        task = await answer.json()

    status = {"status": "pending"}
    while status["status"] not in ("completed", "failed"):
        async with session.get(f"{url}{task['check_status_url']}?wait=30") as answer:
            status = await answer.json()
    if status["status"] == "failed":
        print(f"Task {task['task_id']} failed: {status['error']}")
        return None

    async with session.get(f"{url}{task['result_url']}") as answer:
        result = await answer.json()
    file = folder / f"{number}.wav"
    async with session.get(f"{url}{result['audio_url']}") as answer:
        file.write_bytes(await answer.read())
    print(f"{file}: {text}")
    return file


async def main():
    folder.mkdir(parents=True, exist_ok=True)
    async with aiohttp.ClientSession(headers=headers, raise_for_status=True) as session:
        files = await asyncio.gather(
            *(speak(session, number, text) for number, text in enumerate(texts, start=1))
        )
    print(f"Completed {len([file for file in files if file])} tasks successfully")


asyncio.run(main())
