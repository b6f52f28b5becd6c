"""Runs a command and says what it took: for the measurements of this folder."""
import os
import subprocess
import sys
import time


def run(command):
    """What it printed, its wall seconds, and its resource usage (resource.getrusage); stops where it fails."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)}\nfailed: {said}")
    return said, wall, usage
