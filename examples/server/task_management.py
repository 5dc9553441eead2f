"""Lists your tasks, and cancels one that is still going on.

    pip install requests
    python examples/server/task_management.py

DUBBER_URL is the server's address (http://127.0.0.1:8000), DUBBER_API_KEY a key where it wants one.
"""

import os

import requests

url = os.environ.get("DUBBER_URL", "http://127.0.0.1:8000")
http = requests.Session()
if "DUBBER_API_KEY" in os.environ:
    http.headers["Authorization"] = f"Bearer {os.environ['DUBBER_API_KEY']}"

# Long enough to be still at work when it is cancelled.
text = "This sentence is said over and over again. " * 500
order = {"text": text, "voice_id": "pretrained_voice_001"}
answer = http.post(f"{url}/api/v1/async/synthesize/sft", json=order)
answer.raise_for_status()
task_id = answer.json()["task_id"]

page = http.get(f"{url}/api/v1/async/tasks", params={"limit": 50}).json()
print(f"Found {page['total']} recent tasks:")
while True:
    for task in page["tasks"]:
        print(f"  {task['task_id']}: {task['status']} ({task['progress'] * 100:.1f}%)")
    if page["next_cursor"] is None:
        break
    page = http.get(f"{url}/api/v1/async/tasks", params={"cursor": page["next_cursor"]}).json()

answer = http.delete(f"{url}/api/v1/async/tasks/{task_id}")
if answer.status_code == 200:
    print(f"Task {task_id} cancelled successfully")
elif answer.status_code == 409:
    print(f"Task {task_id} had ended already")
else:
    answer.raise_for_status()
