#!/usr/bin/env python3
"""Ledgers from every kind of source: the bytes of the results are those of the CSV; what is wrong with one is told.

usage: sources.py BIN TOP same|typed|postgres|wrong|sinks
"""
import contextlib
import hashlib
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile

import ledgers
from ledgers import Raw

bin_dir, top, part = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
polrun, polc, duck = bin_dir / "polrun", bin_dir / "polc", bin_dir / "duck_sql"
work = pathlib.Path(tempfile.mkdtemp(prefix="pol_sources."))
os.environ["TMPDIR"] = str(work)
problems = []


def check(name, good, told=""):
    print(("ok    " if good else "WRONG ") + name)
    if not good:
        problems.append(f"{name}: {told}")


def audit(policy, claims, applicants, *more, out="out"):
    """The exit code, what was said, and the digests of decisions and payments."""
    folder = work / out
    shutil.rmtree(folder, ignore_errors=True)
    command = [str(polrun), "audit", str(policy), "--quiet", "--threads=2", f"--out={folder}", *more]
    command += [f"--claims={c}" for c in ([claims] if not isinstance(claims, list) else claims)]
    command += [f"--applicants={a}" for a in ([applicants] if not isinstance(applicants, list) else applicants)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    files = [folder / "decisions.csv", folder / "payments.csv"]
    digests = [hashlib.sha256(f.read_bytes()).hexdigest() for f in files if f.exists()]
    return done.returncode, done.stderr, digests


def policy_of(name):
    path = work / f"{name}.so"
    if not path.exists():
        subprocess.run([str(polc), "build", str(top / "policies" / f"{name}.pol"), "-o", str(path)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path


def case_of(name):
    folder = top / "tests/cases" / name
    tables = {table: ledgers.read_csv(folder / f"{table}.csv") for table in ("claims", "applicants")}
    # some bases tell names apart by their letters alone
    for names, _ in tables.values():
        seen = set()
        for i, column in enumerate(names):
            if column.lower() in seen:
                names[i] = column + "_2"
            seen.add(names[i].lower())
    return tables


def files_of(name, tables):
    """The table as a file of every kind: what --claims and --applicants are given."""
    def path(table, ending):
        return work / f"{name}_{table}{ending}"

    given = {}
    for table, (names, rows) in tables.items():
        plain = ledgers.write_csv(path(table, ".csv"), names, rows)
        mixed = list(reversed(range(len(names))))
        halves = [ledgers.write_csv(path(table, "_part1.csv"), names, rows[:101]),
                  ledgers.write_csv(path(table, "_part2.csv"), [names[i] for i in mixed],
                                    [[row[i] for i in mixed] for row in rows[101:]])]
        given[table] = {
            "several files": halves,
            "a pattern": str(path(table, "_part?.csv")),
            "gzip": ledgers.write_gzip(path(table, ".csv.gz"), names, rows),
            "zstd": ledgers.write_zstd(path(table, ".zst"), names, rows),
            "JSON lines": ledgers.write_json_lines(path(table, ".jsonl"), names, rows),
            "JSON lines, compressed": [],
            "Excel": f"{work}/{name}.xlsx#{table}",
            "SQLite": f"{work}/{name}.sqlite#{table}",
            "a query of SQLite": f"{work}/{name}.sqlite#select * from {table};",
            "mixed files": [],
        }
        compressed = path(table, ".jsonl.zst")
        subprocess.run(["zstd", "-qf", str(path(table, ".jsonl")), "-o", str(compressed)], check=True)
        given[table]["JSON lines, compressed"] = compressed
        first = ledgers.write_json_lines(path(table, "_first.jsonl"), names, rows[:57])
        second = ledgers.write_gzip(path(table, "_second.gz"), names, rows[57:300])
        third = ledgers.write_csv(path(table, "_third.csv"), names, rows[300:])
        given[table]["mixed files"] = [first, second, third]
        if duck_there():
            source = ledgers.duck_csv(plain)
            ledgers.duck_sql(duck, work / f"{name}.duckdb", f"CREATE TABLE {table} AS SELECT * FROM {source}")
            ledgers.duck_sql(duck, "", f"COPY (SELECT * FROM {source}) TO '{path(table, '.parquet')}' (FORMAT parquet)")
            given[table]["DuckDB"] = f"{work}/{name}.duckdb#{table}"
            given[table]["a query of DuckDB"] = f"{work}/{name}.duckdb#select * from {table} -- all"
            given[table]["Parquet"] = path(table, ".parquet")
    ledgers.write_xlsx(work / f"{name}.xlsx", tables)
    ledgers.write_sqlite(work / f"{name}.sqlite", tables)
    return given


def duck_there():
    return (bin_dir / "libduckdb.so").exists() or subprocess.run([str(duck), "", "SELECT 'a'"], capture_output=True).returncode == 0


def same():
    for name in ("dongyang", "lianzhou", "zhangzhou"):
        policy, tables = policy_of(name), case_of(name)
        given = files_of(name, tables)
        plain = [work / f"{name}_{table}.csv" for table in tables]
        code, told, expected = audit(policy, *plain)
        check(f"{name}: CSV", code == 0 and len(expected) == 2, told)
        for kind in given["claims"]:
            code, told, digests = audit(policy, given["claims"][kind], given["applicants"][kind])
            check(f"{name}: {kind}", code == 0 and digests == expected, told)
        old = [ledgers.write_csv(work / f"{name}_{table}.gb", *tables[table], encoding="gb18030") for table in tables]
        code, told, digests = audit(policy, *old, "--encoding=gb18030")
        check(f"{name}: GB18030", code == 0 and digests == expected, told)
        packed = []
        for path in old:
            subprocess.run(["gzip", "-kf", str(path)], check=True)
            packed.append(f"{path}.gz")
        code, told, digests = audit(policy, *packed, "--encoding=gb18030")
        check(f"{name}: GB18030, compressed", code == 0 and digests == expected, told)
        done = subprocess.run(["bash", "-c", f"cat '{plain[0]}' | '{polrun}' audit '{policy}' --quiet --out '{work}/out' "
                               f"--claims /dev/stdin --applicants '{plain[1]}'"], capture_output=True, text=True)
        digests = [hashlib.sha256((work / "out" / f).read_bytes()).hexdigest() for f in ("decisions.csv", "payments.csv")]
        check(f"{name}: a pipe", done.returncode == 0 and digests == expected, done.stderr)


def finish():
    shutil.rmtree(work, ignore_errors=True)
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(bool(problems))


{"same": same}[part]()
finish()
