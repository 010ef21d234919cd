#!/usr/bin/env python3
"""Claims decided in pieces, each run going on from the state of the one before, come out as in one run.

usage: run_state.py BIN TOP [--random N] [--seed S]

Ledgers (of the policies we ship, generated and from tests/cases, and of random policies) are cut into pieces by date
and claim id: at any place, within a day, with empty pieces. Decisions, with settled.csv in the place of earlier rows,
and payments are those of one run; and so is the state, byte for byte.
"""
import argparse
import csv
import pathlib
import random
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser()
parser.add_argument("bin", type=pathlib.Path)
parser.add_argument("top", type=pathlib.Path)
parser.add_argument("--random", type=int, default=15)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
draw = random.Random(options.seed)
RAW = {"encoding": "utf-8", "errors": "surrogateescape", "newline": ""}


def run(*arguments, expect=0):
    done = subprocess.run([str(a) for a in arguments], capture_output=True)
    if done.returncode != expect:
        sys.exit(f"exit {done.returncode}: {' '.join(map(str, arguments))}\n{done.stderr.decode(errors='replace')}")
    return done.stderr.decode(errors="replace")


def read(path):
    with open(path, **RAW) as file:
        rows = [row for row in csv.reader(file) if row]
    rows[0] = [column.removeprefix("\ufeff").strip() for column in rows[0]]
    return rows


def write(path, rows):
    with open(path, "w", **RAW) as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def cell(row, at):
    return row[at].strip(" \t") if at is not None and at < len(row) else ""


def audit(policy, work, claims, applicants, out, state, *more, expect=0):
    return run(options.bin / "polrun", "audit", policy, "--claims", work / claims, "--applicants", work / applicants, "--out",
               work / out, "--state", work / state, "--quiet", *more, expect=expect)


def shuffled(rows, at):
    """In any order, but for rows with the same id: the first of them is the claim."""
    mixed = rows[:]
    draw.shuffle(mixed)
    places = {}
    for place, row in enumerate(mixed):
        places.setdefault(cell(row, at), []).append(place)
    taken = {key: iter(places[key]) for key in places}
    for row in rows:
        mixed[next(taken[cell(row, at)])] = row
    return mixed


def cuts(count, pieces):
    return [0, *sorted(draw.randint(0, count) for _ in range(pieces - 1)), count]


def settle(rows, settled):
    """Puts the rows of settled.csv in the place of the claims' earlier ones."""
    place = {row[0]: i for i, row in enumerate(rows) if row[2] == "limit"}
    for row in settled:
        if row[0] not in place:
            sys.exit(f"settled.csv has a claim that was not deferred: {row}")
        if rows[place[row[0]]] == row:
            sys.exit(f"settled.csv has a claim that did not change: {row}")
        rows[place[row[0]]] = row


def known_by(rows, who, year, last):
    """Applicants rows of the years up to `last`, those without a year, and now and then of a year or two after it."""
    ahead = {cell(row, who): str(int(last or 1990) + (draw.choice((1, 2)) if draw.random() < 0.2 else 0)) for row in rows}
    return [row for row in rows if not cell(row, year).isdigit() or cell(row, year) <= ahead[cell(row, who)]]


def same(name, what, one, many):
    if one == many:
        return
    for a, b in zip(one, many):
        if a != b:
            sys.exit(f"{name}: {what} differ\n  one run: {a}\n  pieces:  {b}")
    sys.exit(f"{name}: {what}: {len(one)} rows in one run, {len(many)} in pieces")


def try_pieces(name, policy, work, claims, applicants, pieces, *more):
    head, at = claims[0], {column: i for i, column in enumerate(claims[0])}
    date, ident, who, year = at["date"], at["claim_id"], applicants[0].index("applicant_id"), applicants[0].index("year")
    body = sorted(claims[1:], key=lambda r: (cell(r, date), cell(r, ident).encode(**{k: RAW[k] for k in ("encoding", "errors")})))
    write(work / "all.csv", [head, *body])
    write(work / "applicants-all.csv", applicants)
    (work / "one.state").unlink(missing_ok=True)
    (work / "many.state").unlink(missing_ok=True)
    audit(policy, work, "all.csv", "applicants-all.csv", "one", "one.state", *more)
    place, decisions, payments, given = cuts(len(body), pieces), [], [], set()
    for i in range(pieces):
        # no row may come later than a claim that needs it: years are known when the first claim of them comes
        last = max([cell(r, date)[:4] for r in body[: place[i + 1]] if len(cell(r, date)) == 10], default="")
        rows = applicants[1:] if i == pieces - 1 else known_by(applicants[1:], who, year, last)
        rows = [r for r in rows if tuple(r) not in given or draw.random() < 0.3]
        given |= {tuple(r) for r in rows}
        draw.shuffle(rows)
        write(work / "piece.csv", [head, *shuffled(body[place[i] : place[i + 1]], ident)])
        write(work / "applicants.csv", [applicants[0], *rows])
        audit(policy, work, "piece.csv", "applicants.csv", "out", "many.state", *more, "--threads", draw.choice("13"),
              *draw.choice(([], ["--resume"])))  # in memory, or through work files
        settle(decisions, read(work / "out/settled.csv")[1:])
        decisions += read(work / "out/decisions.csv")[1:]
        payments += read(work / "out/payments.csv")[1:]
    same(name, "decisions", sorted(read(work / "one/decisions.csv")[1:]), sorted(decisions))
    same(name, "payments", sorted(read(work / "one/payments.csv")[1:]), sorted(payments))
    if (work / "one.state").read_bytes() != (work / "many.state").read_bytes():
        sys.exit(f"{name}: the state of one run and of its pieces are different files")


def shipped(work):
    for name in ("dongyang", "lianzhou", "zhangzhou"):
        policy = work / "policy.so"
        run(options.bin / "polc", "build", options.top / f"policies/{name}.pol", "-o", policy)
        cases = options.top / "tests/cases" / name
        for pieces in (2, 5):
            try_pieces(f"{name} cases", policy, work, read(cases / "claims.csv"), read(cases / "applicants.csv"), pieces)
        for seed in range(3):
            run(options.bin / "polrun", "generate", policy, "--claims=300", "--applicants=25", "--years=6", "--bad=40",
                f"--seed={options.seed * 100 + seed}", f"--out={work / name / str(seed)}")
            more = ["--as-of=2024"] if seed == 2 else []
            try_pieces(f"{name} {seed}", policy, work, read(work / name / str(seed) / "claims.csv"),
                       read(work / name / str(seed) / "applicants.csv"), draw.choice((2, 3, 7)), *more)


def random_ones(work):
    decided = 0
    for seed in range(options.seed * 100000, options.seed * 100000 + options.random):
        run(options.bin / "../tests/random_files", seed, work)
        policy = work / "random.so"
        done = subprocess.run([options.bin / "polc", "build", work / "policy.pol", "-o", policy], capture_output=True)
        plain = done.returncode == 0 and subprocess.run(
            [options.bin / "polrun", "audit", policy, "--claims", work / "claims.csv", "--applicants", work / "applicants.csv",
             "--out", work / "plain", "--quiet"], capture_output=True)
        if done.returncode or plain.returncode:
            continue
        decided += 1
        for pieces in (2, 4):
            try_pieces(f"random policy {seed}", policy, work, read(work / "claims.csv"), read(work / "applicants.csv"), pieces)
    return decided


with tempfile.TemporaryDirectory() as folder:
    shipped(pathlib.Path(folder))
    print(f"{random_ones(pathlib.Path(folder))} random policies and the policies we ship: in pieces as in one run")
