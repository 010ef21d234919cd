#!/usr/bin/env python3
"""`polc check` of a policy of 5,000 lines, all findings included, takes at most 100 ms of a processor.

  check_speed.py BIN_DIR SOURCE_DIR
"""
import os
import resource
import subprocess
import sys
import tempfile

MOST = 0.1  # seconds, the best of RUNS
RUNS = 9


def spent():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main():
    binaries, source = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(source, "tests", "bench", "large_policy.py")
        subprocess.run([sys.executable, script, "5000", folder], check=True)
        path, times = os.path.join(folder, "large.pol"), []
        with open(path, encoding="utf-8") as file:
            lines = sum(1 for _ in file)
        for _ in range(RUNS):
            before = spent()
            done = subprocess.run([os.path.join(binaries, "polc"), "check", path], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
            times.append(spent() - before)
            if done.returncode != 0 or b"0 warnings" not in done.stdout:
                sys.exit(done.stdout.decode())
    print(f"{lines} lines: {1000 * min(times):.0f} ms")
    sys.exit(0 if lines >= 5000 and min(times) <= MOST else 1)


main()
