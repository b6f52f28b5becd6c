#!/usr/bin/env python3
"""A client of `ams serve`: which models to run on an item, asked for over a Unix socket.

    ams serve --policy runs/mine --socket /tmp/ams.sock &
    serve_client.py /tmp/ams.sock [DEADLINE_MS]
"""
import json
import socket
import sys


def run_model(name):
    """Here your model would run. Returns what it found: labels with confidences."""
    return [["task/label", 0.9]] if name else []


server = socket.socket(socket.AF_UNIX)
server.connect(sys.argv[1])
lines = server.makefile("rw", encoding="utf-8", newline="\n")


def ask(**message):
    """One line to the server, one line back."""
    lines.write(json.dumps(message) + "\n")
    lines.flush()
    reply = json.loads(lines.readline())
    if not reply["ok"]:
        sys.exit(reply["message"])
    return reply


limits = {"deadline_ms": float(sys.argv[2])} if len(sys.argv) > 2 else {}
reply = ask(op="begin", item="photo.jpg", next=True, **limits)
while reply["do"] == "start":
    for model in reply["models"]:  # one at a time, as there is no memory limit
        found = run_model(model)
        print(model)
        # "next": what to run after this, in the same reply
        reply = ask(op="finished", item="photo.jpg", model=model, labels=found, next=True)
result = ask(op="result", item="photo.jpg")
print(f"ran {len(result['finished'])} models, left out {len(result['untouched'])}")
