#!/usr/bin/env python3
"""Plants one fault after the other in the policies and sees who finds it; compares with the table of README.md.

  planted.py BIN_DIR SOURCE_DIR [--write]

`polc check` looks at the policy as it is. The examples are tried on a copy without quotes, readings and source document, so
that what they find is theirs alone. --write makes the table anew. Exit 1: a fault is found by nobody, or the table differs.
"""
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor

LEAST = 25  # kinds of fault
TEXT = re.compile(r'^[ \t]*(?:quote|reading|source|lead|responsible|原文|释义|釋義|文件|牵头|牽頭|责任|責任)'
                  r'(?:[ \t]*[,，]?\s*"(?:[^"\\\n]|\\.)*")+[ \t]*\n', re.M)


ALWAYS = {"W0513"}  # of a draft whose date is open: said with and without a fault


def place(text, fault):
    """The one place of the fault; the first behind `after`, where that is given."""
    start = 0
    if "after" in fault:
        if text.count(fault["after"]) != 1:
            raise ValueError(f"{fault['kind']}: `after` does not stand once in {fault['policy']}")
        start = text.index(fault["after"])
    elif text.count(fault["old"]) != 1:
        raise ValueError(f"{fault['kind']}: `old` stands {text.count(fault['old'])} times in {fault['policy']}")
    return text.index(fault["old"], start)


def plant(text, fault):
    at = place(text, fault)
    return text[:at] + fault["new"] + text[at + len(fault["old"]):]


def run(words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return done.returncode, done.stdout.decode()


def examine(fault, number, polc, source, folder):
    with open(os.path.join(source, "policies", fault["policy"] + ".pol"), encoding="utf-8") as file:
        text = plant(file.read(), fault)
    whole, bare = (os.path.join(folder, f"{number}{part}.pol") for part in ("", "bare"))
    with open(whole, "w", encoding="utf-8") as file:
        file.write(text)
    with open(bare, "w", encoding="utf-8") as file:
        file.write(TEXT.sub("", text))
    codes = sorted(set(re.findall(r"^(?:error|warning)\[([EW]\d+)\]", run([polc, "check", whole])[1], re.M)) - ALWAYS)
    code, said = run([polc, "test", "--interpreter", bare])
    return codes, code == 1 and "E0707" in said


def cell(text):
    text = re.sub(r"\s*\n\s*", " ", text.strip())
    text = text if len(text) <= 60 else text[:58].rstrip() + " …"
    return f"`{text}`" if text else "(nothing)"


def table(faults, results):
    rows = ["| fault | policy | written | instead of | found by `check` | by the examples |", "| --- | --- | --- | --- | --- | --- |"]
    for fault, (codes, examples) in zip(faults, results):
        rows.append("| " + " | ".join([fault["kind"], fault["policy"], cell(fault["new"]), cell(fault["old"]),
                                       " ".join(codes) or "–", "yes" if examples else "–"]) + " |")
    check, tried = sum(bool(c) for c, _ in results), sum(e for _, e in results)
    rows.append("")
    rows.append(f"{len(faults)} faults: {check} are found by `check`, {tried} by the examples, "
                f"{sum(not c and not e for c, e in results)} by nobody.")
    return "\n".join(rows) + "\n"


def main():
    binaries, source = sys.argv[1:3]
    polc, here = os.path.join(binaries, "polc"), os.path.join(source, "tests", "planted")
    with open(os.path.join(here, "faults.toml"), "rb") as file:
        faults = tomllib.load(file)["fault"]
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(os.path.join(os.path.abspath(source), "policies", "sources"), os.path.join(folder, "sources"))
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda pair: examine(pair[1], pair[0], polc, source, folder), enumerate(faults)))
    wrong = [f"found by nobody: {f['kind']}" for f, (c, e) in zip(faults, results) if not c and not e]
    if len({fault["kind"] for fault in faults}) < LEAST:
        wrong.append(f"fewer than {LEAST} kinds of fault")
    path, made = os.path.join(here, "README.md"), table(faults, results)
    with open(path, encoding="utf-8") as file:
        head, _, old = file.read().partition("\n| fault |")
    if "--write" in sys.argv:
        with open(path, "w", encoding="utf-8") as file:
            file.write(head + "\n" + made)
    elif "| fault |" + old != made:
        wrong.append("README.md has another table; planted.py --write makes it anew: look at what changed")
    print("\n".join(wrong + [made.splitlines()[-1]]))
    sys.exit(1 if wrong else 0)


main()
