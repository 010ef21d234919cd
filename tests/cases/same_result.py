#!/usr/bin/env python3
"""The same claims give the same bytes, whatever the threads, batches, order of rows and encoding.

usage: same_result.py BIN TOP
"""
import hashlib
import pathlib
import random
import subprocess
import sys
import tempfile

programs, top = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
problems = []


def run(*arguments):
    done = subprocess.run([str(a) for a in arguments], capture_output=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, arguments))}\n{done.stderr.decode(errors='replace')}")


def audit(work, policy, claims, applicants, name, *options):
    out = work / name
    run(programs / "polrun", "audit", policy, "--claims", claims, "--applicants", applicants, "--out", out, "--quiet", *options)
    return [(out / file).read_bytes() for file in ("decisions.csv", "payments.csv")]


def records(data):
    """Rows of a CSV file; a line feed inside quotes belongs to its row."""
    rows, row = [], b""
    for line in data.split(b"\n"):
        row += line
        if row.count(b'"') % 2 == 0:
            rows.append(row)
            row = b""
        else:
            row += b"\n"
    return rows[:-1] if rows and rows[-1] == b"" else rows


def unique(path):
    """Drops rows whose claim_id came before: of several, the first in the file is the claim, so their order matters."""
    rows = records(path.read_bytes())
    header, seen, kept = rows[0].split(b",").index(b"claim_id"), set(), []
    for row in rows[1:]:
        cells = row.split(b",")
        key = cells[header].strip(b' \t"\r') if len(cells) > header else b""
        if row.strip() and key and key not in seen and b'"' not in row:
            seen.add(key)
            kept.append(row)
    path.write_bytes(b"\n".join([rows[0], *kept]) + b"\n")
    return rows[0], kept


for name in ("dongyang", "lianzhou", "zhangzhou"):
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        policy, claims, applicants = work / "policy.so", work / "ledger/claims.csv", work / "ledger/applicants.csv"
        run(programs / "polc", "build", top / f"policies/{name}.pol", "-o", policy)
        run(programs / "polrun", "generate", policy, "--claims", 4000, "--applicants", 150, "--seed", 7, "--bad", 30, "--out", work / "ledger")
        # a row of the generator may be bad in the applicants too: two rows of one key would stop the run
        header, rows = unique(claims)
        expected = audit(work, policy, claims, applicants, "one", "--threads", 1)
        digest = hashlib.sha256(expected[0]).hexdigest()
        for threads in (1, 2, 8):
            for batch in (1, 7, 64, 1000, 65536):
                got = audit(work, policy, claims, applicants, "other", "--threads", threads, "--batch", batch)
                if got != expected:
                    problems.append(f"{name}: {threads} threads, batches of {batch}: other bytes than {digest}")
        random.Random(3).shuffle(rows)
        shuffled = work / "shuffled.csv"
        shuffled.write_bytes(b"\n".join([header, *rows]) + b"\n")
        got = audit(work, policy, shuffled, applicants, "shuffled", "--threads", 2)
        if any(sorted(records(a)) != sorted(records(b)) for a, b in zip(got, expected)):
            problems.append(f"{name}: shuffled rows are decided otherwise")
        converted = []
        for file in (claims, applicants):
            text = file.read_bytes().decode("utf-8", errors="ignore")
            file.write_text(text, encoding="utf-8", newline="")
            other = work / f"gb-{file.name}"
            other.write_bytes(text.encode("gb18030"))
            converted.append(other)
        clean = audit(work, policy, claims, applicants, "utf", "--threads", 1)
        if audit(work, policy, *converted, "gb", "--threads", 2, "--encoding", "gb18030") != clean:
            problems.append(f"{name}: GB18030 gives other bytes than UTF-8")

print("\n".join(problems))
sys.exit(1 if problems else 0)
