#!/usr/bin/env python3
"""Audits of more than memory holds: the same bytes as in memory, whatever interrupts them.

usage: volume.py BIN SOURCE [--only plain|findings|state] [--claims N] [--kills N] [--seed N]

Every tenth claim is bad, ids repeat, rows are shuffled. An audit is killed at random moments and resumed until it is
done; so often that in all there are as many kills as asked for (10; nightly 100)."""

import argparse
import hashlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("bin")
parser.add_argument("source")
parser.add_argument("--claims", type=int, default=60000)
parser.add_argument("--kills", type=int, default=10)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--only", choices=("plain", "findings", "state"))
options = parser.parse_args()
random.seed(options.seed)
work = tempfile.mkdtemp(prefix="polvolume")
POLRUN = os.path.join(options.bin, "polrun")
POLICY = os.path.join(work, "policy.so")
WORK = ".polrun-work"
MEMORY = f"--memory={64 + options.claims // 10000}M"  # less than the ledger takes


def fail(text):
    sys.exit(f"volume.py: {text}")


def run(command, expect=0, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode != expect:
        fail(f"{' '.join(command)}: exit {done.returncode}, not {expect}\n{done.stderr}")
    return done


def result(folder):
    """Every file that stands there, by its bytes; hidden ones too, so that nothing half-written goes unseen."""
    return {
        name: hashlib.sha256(open(os.path.join(folder, name), "rb").read()).hexdigest()
        for name in sorted(os.listdir(folder))
    }


def audit(ledger, out, *more):
    return [POLRUN, "audit", POLICY, f"--claims={ledger}/claims.csv", f"--applicants={ledger}/applicants.csv",
            f"--out={out}", "--quiet", *more]


def make_ledger(name, *more):
    folder = os.path.join(work, name)
    run([POLRUN, "generate", POLICY, f"--claims={options.claims}", f"--out={folder}", *more])
    return folder


def repeat_ids(ledger):
    """Every hundredth row once more at the end: its id was there before."""
    path = os.path.join(ledger, "claims.csv")
    with open(path, "rb") as file:
        lines = file.readlines()
    with open(path, "ab") as file:
        file.writelines(line for line in lines[1::100] if b'"' not in line and line.count(b",") == lines[0].count(b","))


WAYS = ["--threads=8", "--batch=77"], ["--threads=1"], ["--threads=2"]


def same_bytes(ledger, expected, *options_too, ways=WAYS):
    for number, more in enumerate(ways):
        out = os.path.join(work, f"same{number}")
        run(audit(ledger, out, "--resume", MEMORY, *more, *options_too))
        if result(out) != expected:
            fail(f"{ledger}: through files with {more}: other bytes than in memory: {result(out)} {expected}")
        shutil.rmtree(out)


def killed(ledger, expected, wanted, *more):
    """Kills until there were enough; whatever is between two kills must come to the same end."""
    out = os.path.join(work, "killed")
    shutil.rmtree(out, ignore_errors=True)
    command = audit(ledger, out, "--resume", MEMORY, *more)
    began = time.monotonic()
    run(command)
    whole = time.monotonic() - began
    kills = completed = 0
    shutil.rmtree(out)
    while kills < wanted or completed == 0:
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        try:
            _, said = process.communicate(timeout=random.uniform(0, whole))
        except subprocess.TimeoutExpired:
            process.send_signal(random.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGINT)))
            process.communicate()
            kills += 1
            if os.path.isdir(out) and sorted(os.listdir(out)) not in ([], [WORK], sorted(expected), sorted([WORK, *expected])):
                fail(f"killed: {os.listdir(out)} stands there")
            continue
        if process.returncode != 0:
            fail(f"after {kills} kills: exit {process.returncode}: {said.decode()}")
        if result(out) != expected:
            fail(f"after {kills} kills: other bytes: {result(out)} {expected}")
        shutil.rmtree(out)
        completed += 1
    return kills, completed


def cut_in_two(ledger):
    """Two ledgers: the claims before the middle one's day, and those from that day on."""
    with open(os.path.join(ledger, "claims.csv"), "rb") as file:
        lines = [line for line in file if b'"' not in line]
    column = lines[0].split(b",").index(b"date")

    def day(line):
        cell = (line.split(b",") + [b""] * column)[column]
        return cell if cell[:2] == b"20" and len(cell) == 10 else b""

    middle = sorted(map(day, lines[1:]))[len(lines) // 2]
    parts = [line for line in lines[1:] if day(line) < middle], [line for line in lines[1:] if day(line) >= middle]
    for number, rows in enumerate(parts):
        folder = f"{ledger}.{number}"
        os.makedirs(folder)
        shutil.copy(os.path.join(ledger, "applicants.csv"), folder)
        with open(os.path.join(folder, "claims.csv"), "wb") as file:
            file.writelines([lines[0], *rows])
    return f"{ledger}.0", f"{ledger}.1"


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def states(parts, *more):
    """What two runs write, one going on from the other, and the state after each."""
    state, out, results = os.path.join(work, "policy.state"), os.path.join(work, "stated"), []
    for number, part in enumerate(parts):
        run(audit(part, out, f"--state={state}", "--findings", *more))
        results.append((result(out), digest(state)))
        shutil.copy(state, f"{work}/{number}.state")
        shutil.rmtree(out)
    os.remove(state)
    return results


def going_on(ledger, ways):
    """A state through files is the state of a run in memory, to the byte, and so is what goes on from it."""
    parts = cut_in_two(ledger)
    expected = states(parts)
    for more in ways:
        got = states(parts, "--resume", MEMORY, *more)
        if got != expected:
            fail(f"{ledger}: with a state, through files with {more}: {got} {expected}")
    return parts[1], expected


def killed_with_state(ledger, expected, wanted):
    """Killed as it goes on from a state. Once the new state has its name, the run is done."""
    state, out = os.path.join(work, "killed.state"), os.path.join(work, "killed_with_state")
    begun = digest(f"{work}/0.state")
    kills = completed = 0
    while kills < wanted:
        shutil.copy(f"{work}/0.state", state)
        while digest(state) == begun:
            process = subprocess.Popen(audit(ledger, out, "--resume", MEMORY, f"--state={state}", "--findings"), stderr=subprocess.PIPE)
            try:
                _, said = process.communicate(timeout=random.uniform(0, 2.5) if kills < wanted else None)
                if process.returncode != 0:
                    fail(f"with a state, after {kills} kills: exit {process.returncode}: {said.decode()}")
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                kills += 1
        if os.path.isdir(os.path.join(out, WORK)):  # it was killed when only these were left to remove
            shutil.rmtree(os.path.join(out, WORK))
        stands = result(out) if os.path.isdir(out) else {}
        if (stands, digest(state)) != expected:
            fail(f"with a state, after {kills} kills: {stands} {digest(state)} {expected}")
        shutil.rmtree(out)
        completed += 1
    return kills, completed


def interrupted_in_memory(ledger):
    out = os.path.join(work, "interrupted")
    process = subprocess.Popen(audit(ledger, out), stderr=subprocess.DEVNULL)
    time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    if process.wait() != 0 and os.path.isdir(out) and os.listdir(out):
        fail(f"interrupted: {os.listdir(out)} stands there")


def leave_work(ledger, out, *names):
    """An audit that was killed when it had work files of these names."""
    paths = [os.path.join(out, WORK, name) for name in ("run", *names)]
    for _ in range(200):
        shutil.rmtree(out, ignore_errors=True)
        process = subprocess.Popen(audit(ledger, out, "--resume", MEMORY), stderr=subprocess.DEVNULL)
        while process.poll() is None and not all(os.path.exists(path) and os.path.getsize(path) > 100 for path in paths):
            time.sleep(0.0005)
        process.kill()
        process.wait()
        if all(os.path.exists(path) and os.path.getsize(path) > 100 for path in paths):
            return
    fail(f"no audit had {names} when it was killed")


def refused(ledger, expected):
    """Work of another input is not continued, and not removed either; without --resume the audit begins anew."""
    out = os.path.join(work, "refused")
    leave_work(ledger, out)
    done = run(audit(ledger, out, "--resume", "--as-of=2090"), expect=3)
    if "--as-of" not in done.stderr or "is not what it was" not in done.stderr:
        fail(f"refused for --as-of, but said: {done.stderr}")
    if os.listdir(out) != [WORK]:
        fail(f"refused, and {os.listdir(out)} stands there")
    changed = os.path.join(work, "changed")
    shutil.copytree(ledger, changed)
    claims = os.path.join(ledger, "claims.csv")
    os.utime(claims, ns=(0, 0))
    done = run(audit(ledger, out, "--resume"), expect=3)
    if "claims.csv is not what it was" not in done.stderr:
        fail(f"refused for a changed file, but said: {done.stderr}")
    done = run(audit(ledger, out, MEMORY))
    if result(out) != expected:
        fail("begun anew: other bytes, or work left behind")


def spoiled(ledger):
    """A byte of the work files that is not what was written is found."""
    out = os.path.join(work, "spoiled")
    for name in ("records", "rows", "progress", "kept"):
        path = os.path.join(out, WORK, name)
        leave_work(ledger, out, "progress", "records", "rows", "kept")
        with open(path, "r+b") as file:
            file.seek(60)
            byte = file.read(1)
            file.seek(60)
            file.write(bytes([byte[0] ^ 1]))
        done = subprocess.run(audit(ledger, out, "--resume", MEMORY), capture_output=True, text=True)
        if done.returncode != 4 or "begin" not in done.stderr and "anew" not in done.stderr:
            fail(f"{name} spoiled: exit {done.returncode}: {done.stderr}")


def disk_full(ledger, sizes, *more):
    """Files may grow to so many bytes and no further: the audit fails and leaves nothing."""
    out = os.path.join(work, "full")

    def limit(size):
        def apply():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        return apply

    for size in sizes:
        done = run(audit(ledger, out, "--resume", MEMORY, *more), expect=4, preexec_fn=limit(size))
        if "cannot be written" not in done.stderr:
            fail(f"disk full at {size}: said {done.stderr}")
        if os.path.isdir(out) and os.listdir(out):
            fail(f"disk full at {size}: {os.listdir(out)} stands there")


def two_at_once(ledger):
    """A second audit does not touch the first one's files."""
    out = os.path.join(work, "twice")
    leave_work(ledger, out)
    import fcntl
    folder = os.open(os.path.join(out, WORK), os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    done = run(audit(ledger, out, "--resume"), expect=4)
    os.close(folder)
    if "another audit is at work" not in done.stderr:
        fail(f"two at once: said {done.stderr}")


def rows_in(path):
    with open(path, "rb") as file:
        return sum(1 for _ in file)


def begun_again(ledger, expected):
    """Memory for claims whose ids ascend: these do not, which shows at their end."""
    claims, applicants = (rows_in(os.path.join(ledger, f"{name}.csv")) for name in ("claims", "applicants"))
    memory = f"--memory={((64 << 20) + claims * 150 + applicants * 120) >> 20}M"
    out = os.path.join(work, "again")
    done = run(audit(ledger, out, memory))
    if done.stderr.count("beginning again, with work files") != 1:
        fail(f"ids that do not ascend: said {done.stderr}")
    warnings = done.stderr.splitlines()
    if len(warnings) != len(set(warnings)):
        fail(f"what is read twice is warned of twice: {done.stderr}")
    if result(out) != expected:
        fail(f"begun again: other bytes than in memory: {result(out)} {expected}")
    shutil.rmtree(out)


def plain(by_date, mixed):
    expected = {}
    for ledger in (by_date, mixed):
        out = ledger + ".memory"
        run(audit(ledger, out))
        expected[ledger] = result(out)
        if sorted(set(expected[ledger]) - {"invalid.csv"}) != ["decisions.csv", "payments.csv"]:
            fail(f"in memory: {sorted(expected[ledger])}")
        same_bytes(ledger, expected[ledger])
    begun_again(mixed, expected[mixed])
    kills = killed(mixed, expected[mixed], options.kills)
    interrupted_in_memory(mixed)
    disk_full(mixed, (100000, 1500000, 3000000))
    two_at_once(mixed)
    spoiled(mixed)
    refused(mixed, expected[mixed])
    return kills


def findings(by_date, mixed):
    found = {}
    for ledger in (by_date, mixed):
        out = ledger + ".memory"
        run(audit(ledger, out, "--findings"))
        found[ledger] = result(out)
        if sorted(set(found[ledger]) - {"invalid.csv"}) != [
            "decisions.csv", "differences.csv", "findings.csv", "findings.json", "payments.csv"
        ]:
            fail(f"findings in memory: {sorted(found[ledger])}")
        same_bytes(ledger, found[ledger], "--findings", ways=WAYS[:1] if ledger == by_date else WAYS)
    disk_full(mixed, (200000, 5800000, 7000000, 10000000), "--findings")
    return killed(mixed, found[mixed], (options.kills + 1) // 2, "--findings")


def state(by_date, mixed):
    for ledger in (by_date, mixed):
        part, after = going_on(ledger, WAYS[:1] if ledger == by_date else WAYS)
    disk_full(part, (100000, 1500000), f"--state={work}/full.state")
    if [name for name in os.listdir(work) if name.startswith("full.state")]:
        fail("disk full: a state stands there")
    return killed_with_state(part, after[1], (options.kills + 1) // 2)


def main():
    run([os.path.join(options.bin, "polc"), "build", os.path.join(options.source, "policies/dongyang.pol"), "-o", POLICY])
    by_date = make_ledger("by_date")
    mixed = make_ledger("mixed", "--shuffled", "--bad=100", "--seed=7")
    repeat_ids(mixed)
    parts = {"plain": plain, "findings": findings, "state": state}
    for part in [options.only] if options.only else parts:
        kills, completed = parts[part](by_date, mixed)
        print(f"{part}: {options.claims} claims: the same bytes through files; {kills} kills, {completed} audits completed")


try:
    main()
finally:
    shutil.rmtree(work, ignore_errors=True)
