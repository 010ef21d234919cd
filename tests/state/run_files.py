#!/usr/bin/env python3
"""The file behind --state: begun, refused, locked, killed at any moment, left over.

usage: run_files.py BIN TOP [--kills N]
"""
import argparse
import fcntl
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

parser = argparse.ArgumentParser()
parser.add_argument("bin", type=pathlib.Path)
parser.add_argument("top", type=pathlib.Path)
parser.add_argument("--kills", type=int, default=25)
options = parser.parse_args()

SMALL = """policy small "small" {{
}}

applicant {{
    kind: enum {{ enterprise "enterprise" }}
}}

claim {{
    amount: money
    big: bool
}}

clause "1" "aid" {{
    item aid "aid" for enterprise {{
        award amount
        {}
        {}
    }}
}}
"""


def start(*arguments):
    return subprocess.Popen([str(a) for a in arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run(*arguments, expect=0, says=""):
    done = subprocess.run([str(a) for a in arguments], capture_output=True)
    error = done.stderr.decode(errors="replace")
    if done.returncode != expect or says not in error:
        sys.exit(f"exit {done.returncode}, not {expect}; or not '{says}': {' '.join(map(str, arguments))}\n{error}")
    return done.stdout.decode(errors="replace")


def check(right, what):
    if not right:
        sys.exit(what)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def main(work):
    policy, state, polrun = work / "policy.so", work / "the state", options.bin / "polrun"
    run(options.bin / "polc", "build", options.top / "policies/dongyang.pol", "-o", policy)
    run(polrun, "generate", policy, "--claims=6000", "--applicants=300", "--years=4", f"--out={work}")
    rows = (work / "claims.csv").read_text(errors="surrogateescape").splitlines(keepends=True)
    column = rows[0].split(",").index("date")
    body = sorted(rows[1:], key=lambda row: (row.split(",")[column], row.split(",")[0]))
    parts = [body[:3000], body[3000:]]
    for name, part in zip(("first", "second"), parts):
        (work / f"{name}.csv").write_text("".join([rows[0], *part]), errors="surrogateescape")
    applicants = work / "applicants.csv"

    def audit(claims, out, *more, **expect):
        return run(polrun, "audit", policy, "--claims", work / f"{claims}.csv", "--applicants", applicants, "--out", work / out,
                   "--state", state, *more, **expect)

    # begun, and gone on from; the summary says which
    check("begun with these claims" in audit("first", "one"), "the summary does not say that the state is begun")
    after_first = state.read_bytes()
    check("went on from earlier runs" in audit("second", "two"), "the summary does not say that the state is gone on from")
    after_second, two = state.read_bytes(), files(work / "two")
    check(set(two) == {"decisions.csv", "payments.csv", "settled.csv"}, f"files: {sorted(two)}")
    text = run(polrun, "info", state)
    check("dongyang_2021" in text and "claims            6,000" in text, text)
    check(all(len(line) <= 80 for line in text.splitlines() if "hash" not in line), "info is wider than 80 columns")

    # refused: nothing is written, the state stays
    audit("first", "gone", "--param", "nothing=1", expect=2)
    audit("first", "gone", "--as-of=2024", expect=3, says="one run has one such year")
    (work / "late.csv").write_text(rows[0] + parts[0][0].replace("C", "LATE", 1), errors="surrogateescape")
    state.write_bytes(after_second)
    late = subprocess.run([polrun, "audit", policy, "--claims", work / "late.csv", "--out", work / "gone", "--state", state],
                          capture_output=True)
    check(late.returncode in (0, 3), late.stderr)
    state.write_bytes(after_second[:-100])
    audit("first", "gone", expect=3, says="the state is damaged")
    state.write_bytes(applicants.read_bytes())
    audit("first", "gone", expect=3, says="not a state of polrun")
    state.unlink()
    state.mkdir()
    audit("first", "gone", expect=3, says="not a file")
    state.rmdir()
    run(polrun, "audit", policy, "--claims", work / "first.csv", "--out", work / "gone", "--state", state, expect=2, says="applicants")
    state.write_bytes(after_first)
    with open(work / "the state.next", "wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        audit("second", "gone", expect=4, says="another run is using this state")
    with open(work / "the state.next", "wb") as other:  # one that ends meanwhile is waited for
        fcntl.flock(other, fcntl.LOCK_EX)
        end = threading.Timer(0.2, lambda: fcntl.flock(other, fcntl.LOCK_UN))
        end.start()
        audit("second", "gone")
        end.join()
    shutil.rmtree(work / "gone")
    state.write_bytes(after_first)
    (work / "the state.next").write_bytes(b"")
    (work / "the state.next").unlink()
    if late.returncode == 3:
        check(not (work / "gone").exists(), "a refused run has written")
    check(state.read_bytes() == after_first, "a refused run has changed the state")
    check(not (work / "the state.next").exists(), "a refused run has left a file")

    # the policy's texts may change, its rules may not
    source = (options.top / "policies/dongyang.pol").read_text()
    (work / "sources").symlink_to((options.top / "policies/sources").resolve())
    (work / "words.pol").write_text(source.replace("policy dongyang_2021", "# told otherwise\npolicy dongyang_2021", 1))
    run(options.bin / "polc", "build", work / "words.pol", "-o", policy)
    audit("second", "two")
    check(state.read_bytes() == after_second and files(work / "two") == two, "a comment changes what is decided")

    # nor does the order of what it declares count: two caps that differ in nothing but their condition
    caps = ["cap 100元 per applicant when big", "cap 100元 per applicant when not big"]
    for name, order in (("straight", caps), ("turned", caps[::-1])):
        (work / f"{name}.pol").write_text(SMALL.format(*order))
        run(options.bin / "polc", "build", work / f"{name}.pol", "-o", work / f"{name}.so")
    head = "claim_id,applicant_id,item,date,amount,big\n"
    (work / "who.csv").write_text("applicant_id,year,kind\nA,2024,enterprise\n")
    (work / "a.csv").write_text(head + "1,A,aid,2024-01-01,70,true\n")
    (work / "b.csv").write_text(head + "2,A,aid,2024-01-02,70,false\n3,A,aid,2024-01-03,70,true\n")
    for number, claims in enumerate("ab"):
        run(polrun, "audit", work / ("straight.so", "turned.so")[number], "--claims", work / f"{claims}.csv", "--applicants",
            work / "who.csv", "--out", work / "turned", "--state", work / "small.state", "--quiet")
    decided = (work / "turned/decisions.csv").read_text().splitlines()
    check([row.split(",")[6] for row in decided[1:]] == ["70.00", "30.00"], f"the caps were mistaken for each other: {decided}")

    # a state under the other name, whole: a run has died in its last moment
    state.write_bytes(after_first)
    (work / "the state.next").write_bytes(after_second)
    audit("second", "two", says="an earlier run died after its results were written")
    check(state.read_bytes() == after_second and files(work / "two") == two, "what was left over counts")
    state.write_bytes(after_first)
    (work / "the state.next").write_bytes(after_second[:1000])
    audit("second", "two")
    check(state.read_bytes() == after_second, "half a state counts")

    # a link to the state stays a link
    (work / "link").symlink_to(state)
    state.write_bytes(after_first)
    run(polrun, "audit", policy, "--claims", work / "second.csv", "--out", work / "two", "--state", work / "link", "--quiet")
    check((work / "link").is_symlink() and state.read_bytes() == after_second, "a link is not followed")

    # killed at any moment: the old state, or the new one with all its results; run again, the same
    began = time.monotonic()
    state.write_bytes(after_first)
    audit("second", "two")
    whole = time.monotonic() - began
    draw = random.Random(1)
    for number in range(options.kills):
        state.write_bytes(after_first)
        out = work / f"killed{number % 2}"
        for path in out.iterdir() if out.exists() else []:
            path.unlink()
        process = start(polrun, "audit", policy, "--claims", work / "second.csv", "--applicants", applicants, "--out", out,
                        "--state", state, "--quiet")
        time.sleep(draw.uniform(0, whole * 1.1))
        process.send_signal(signal.SIGTERM if number % 5 == 0 else signal.SIGKILL)
        process.communicate()
        left = {name: data for name, data in files(out).items() if not name.startswith(".")}
        check(all(two[name] == data for name, data in left.items()), "half a result has a name")
        check(state.read_bytes() in (after_first, after_second), "the state is neither the old one nor the new one")
        if state.read_bytes() == after_second:
            check(left == two, "a new state without its results")
        state.write_bytes(after_first)
        audit("second", out.name, "--quiet")
        left = {name: data for name, data in files(out).items() if not name.startswith(".")}
        check(left == two and state.read_bytes() == after_second, "run again it is not the same")


with tempfile.TemporaryDirectory() as folder:
    main(pathlib.Path(folder))
print("states are begun, refused, locked and killed as they should be")
