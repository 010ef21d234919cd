#!/usr/bin/env python3
"""Ledgers from every kind of source: the bytes of the results are those of the CSV; what is wrong with one is told.

usage: sources.py BIN TOP same|matrix|typed|postgres|wrong|sinks
"""
import contextlib
import hashlib
import os
import pathlib
import pwd
import random
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


def sorted_digest(folder):
    """Of the lines of decisions.csv, whatever their order."""
    return hashlib.sha256(b"\n".join(sorted((folder / "decisions.csv").read_bytes().split(b"\n")))).hexdigest()


def matrix():
    """1, 2 and 8 threads, five sizes of batches, every source, rows in order and shuffled: the same decisions. Each policy
    takes a third of the pairs of threads and batches, so that each source meets all of them."""
    pairs = [(threads, batch) for batch in (1, 7, 64, 1000, 65536) for threads in (1, 2, 8)]
    for turn, name in enumerate(("dongyang", "lianzhou", "zhangzhou")):
        policy, tables = policy_of(name), case_of(name)
        names, rows = tables["claims"]
        at, seen, single = names.index("claim_id"), set(), []
        for row in rows:  # of several rows of one id the first counts: their order matters
            if row[at] and row[at].strip() not in seen:
                seen.add(row[at].strip())
                single.append(row)
        tables["claims"] = (names, single)
        given = files_of(name, tables)
        code, told, expected = audit(policy, *[work / f"{name}_{table}.csv" for table in tables], "--threads=1")
        check(f"{name}: CSV", code == 0 and len(expected) == 2, told)
        whatever = sorted_digest(work / "out")
        given["claims"]["CSV"], given["applicants"]["CSV"] = [work / f"{name}_{table}.csv" for table in tables]
        for place, kind in enumerate(given["claims"]):
            wrong = []
            for threads, batch in pairs[(turn + place) % 3::3]:
                code, told, digests = audit(policy, given["claims"][kind], given["applicants"][kind], f"--threads={threads}",
                                            f"--batch={batch}")
                if code or digests != expected:
                    wrong.append(f"{threads} threads, batches of {batch} {told}")
            check(f"{name}: {kind}, threads and batches", not wrong, "; ".join(wrong))
        random.Random(turn).shuffle(single)
        given = files_of(f"{name}_shuffled", tables)
        for kind in given["claims"]:
            code, told, _ = audit(policy, given["claims"][kind], given["applicants"][kind], "--threads=8", "--batch=7")
            check(f"{name}: {kind}, shuffled", code == 0 and sorted_digest(work / "out") == whatever, told)


def finish():
    shutil.rmtree(work, ignore_errors=True)
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(bool(problems))


def listed(path):
    """What a cell's fault is told by, without the names of files."""
    import csv
    with open(path, newline="", encoding="utf-8", errors="replace") as file:
        return [[line[name] for name in ("table", "row", "id", "reason", "column", "value")] for line in csv.DictReader(file)]


def only(tables, table, names, rows):
    """The tables with other rows in one of them."""
    return {**tables, table: (names, rows)}


# ---- a small ledger with every type, by hand

CLAIM = ["claim_id", "applicant_id", "item", "date", "object_id", "paid", "patents", "share", "cost"]
ROWS = [["0001", "91330000A", "prize", "2024-03-05", "P1", "12000.50", "3", "0.15", "100.10"],
        ["0002", "91330000A", "prize", "2024-03-06", "P2", "0.07", "1", "0.000001", "0.07"],
        ["0003", "91330000B", "prize", "2024-12-31", "P3", "", "2", "1", "70"],
        ["0004", "91330000B", "prize", "2024-02-29", "P4", "999999999.99", "5", "0.3", "999999999.99"]]
TYPES = {"date": "DATE", "paid": "DECIMAL(18,2)", "patents": "BIGINT", "share": "DECIMAL(9,6)", "cost": "DECIMAL(20,4)"}
APPLICANT = ["applicant_id", "year", "local"]
APPLICANTS = [["91330000A", "2024", "true"], ["91330000B", "2024", "true"]]
POLICY = """policy sources "来源之试" { effective from 2024-01-01 to 2026-12-31 }
applicant { local "在本地": bool }
claim {
    object_id
    patents "专利数": count
    share "份额": rate
    cost "费用": money
}
clause "第一条" {
    item prize "奖励" {
        require here: local
        require shared: share > 0%
        award min(cost, 1000元 for each patents)
    }
}
"""


def small(rows=None):
    """The policy of the small ledger, its CSV, and the digests of what it gives."""
    source = work / "small.pol"
    if not (work / "small.so").exists():
        source.write_text(POLICY, encoding="utf-8")
        done = subprocess.run([str(polc), "build", str(source), "-o", str(work / "small.so")], capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
    claims = ledgers.write_csv(work / "small.csv", CLAIM, rows or ROWS)
    applicants = ledgers.write_csv(work / "people.csv", APPLICANT, APPLICANTS)
    code, told, digests = audit(work / "small.so", claims, applicants)
    if code:
        sys.exit(told)
    return work / "small.so", claims, applicants, digests


def number(text):
    return Raw(f"><v>{text}</v>")


def day(serial):
    return Raw(f's="1"><v>{serial}</v>')


STYLES = '<numFmts><numFmt numFmtId="170" formatCode="yyyy\\-mm\\-dd"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs>'


def typed():
    """Values that are kept as what they are, and not as text."""
    policy, claims, people, expected = small()

    def same_as_csv(name, source):
        code, told, digests = audit(policy, source, people)
        check(name, code == 0 and digests == expected, told)

    serials = ["45356", "45357", "45657", "45351"]
    rows = [row[:3] + [day(serial), row[4]] + [number(cell) if cell else "" for cell in row[5:]] for row, serial in zip(ROWS, serials)]
    rows[0][5] = number("1.200050E+4")
    rows[0][8] = number("100.09999999999999")  # Excel writes 17 digits
    same_as_csv("Excel's numbers and days", ledgers.write_xlsx(work / "typed.xlsx", {"x": (CLAIM, rows)}, STYLES))
    old = [row[:3] + [day(int(serial) - 1462)] + row[4:] for row, serial in zip(rows, serials)]
    same_as_csv("Excel's days from 1904", ledgers.write_xlsx(work / "old.xlsx", {"x": (CLAIM, old)}, STYLES, '<workbookPr date1904="1"/>'))
    path = work / "typed.jsonl"
    path.write_text("".join(f'{{"claim_id": "{r[0]}", "applicant_id": "{r[1]}", "item": "{r[2]}", "date": "{r[3]}", "object_id": "{r[4]}", '
                            f'"paid": {r[5] or "null"}, "patents": {r[6]}.0, "share": {r[7]}, "cost": {r[8]}e0, "more": [1, {{"a": 2}}]}}\n' for r in ROWS))
    same_as_csv("JSON's numbers", path)
    kinds = {"paid": "decimal(18,2)", "patents": "integer", "share": "real", "cost": "numeric"}
    same_as_csv("SQLite's numbers", ledgers.write_sqlite(work / "typed.sqlite", {"x": (CLAIM, ROWS)}, kinds))
    renamed = ledgers.write_csv(work / "renamed.csv", ["编号" if name == "claim_id" else "实际费用" if name == "cost" else name for name in CLAIM] + ["cost"],
                                [row + ["1"] for row in ROWS])
    code, told, digests = audit(policy, renamed, people, "--column=claim_id=编号", "--column=cost=实际费用")
    check("columns named on the command line", code == 0 and digests == expected, told)
    if not duck_there():
        return
    source = ledgers.duck_csv(claims, TYPES | {"claim_id": "VARCHAR"})
    ledgers.duck_sql(duck, work / "typed.duckdb", f"CREATE TABLE x AS SELECT * REPLACE (CAST(date AS TIMESTAMP) AS date) FROM {source}")
    same_as_csv("DuckDB's types", work / "typed.duckdb")
    ledgers.duck_sql(duck, "", f"COPY (SELECT * FROM {source}) TO '{work}/typed.parquet' (FORMAT parquet)")
    same_as_csv("Parquet's types", work / "typed.parquet")


def wrong():
    """What is told of what cannot be read."""
    policy, claims, people, expected = small()

    def refused(name, source, *words, code=3, more=()):
        (work / "out").mkdir(exist_ok=True)
        got, told, _ = audit(policy, source, people, *more)
        check(name, got == code and all(word in told for word in words) and not (work / "out" / "decisions.csv").exists(), f"{got} {told}")

    def cut(path, size):
        short = work / f"cut_{path.name}"
        short.write_bytes(path.read_bytes()[:size])
        return short

    def sheet(column, cell):
        rows = [list(row) for row in ROWS]
        rows[2][CLAIM.index(column)] = cell
        return ledgers.write_xlsx(work / "wrong.xlsx", {"x": (CLAIM, rows)}, STYLES)

    # cells: the run goes on, and says which one
    for name, column, cell, value in (("a day that is none", "date", "2024-02-30", "2024-02-30"), ("a number of three decimals", "cost", "1.005", "1.005")):
        rows = [list(row) for row in ROWS]
        rows[2][CLAIM.index(column)] = cell
        for kind, source in (("CSV", ledgers.write_csv(work / "bad.csv", CLAIM, rows)), ("JSON lines", ledgers.write_json_lines(work / "bad.jsonl", CLAIM, rows)),
                             ("Excel", ledgers.write_xlsx(work / "bad.xlsx", {"x": (CLAIM, rows)})), ("SQLite", ledgers.write_sqlite(work / "bad.sqlite", {"x": (CLAIM, rows)}))):
            code, told, _ = audit(policy, source, people)
            cells = listed(work / "out" / "invalid.csv")
            check(f"{name}, {kind}", code == 0 and cells == [["claims", "3", "0003", "bad_value", column, value]], f"{told} {cells}")
    for name, column, cell, reason, value in (
            ("0.1 + 0.2 in Excel", "cost", number("0.30000000000000004"), "bad_value", "0.30000000000000004"),
            ("a time in Excel", "date", day("45657.5"), "bad_value", "2024-12-31 12:00"),
            ("an error as an id in Excel", "applicant_id", Raw('t="e"><v>#N/A</v>'), "bad_value", "\ufffd#N/A"),
            ("a formula in Excel that was not calculated", "cost", Raw('t="b"><f>TRUE()</f>'), "missing_field", "")):
        code, told, _ = audit(policy, sheet(column, cell), people)
        cells = listed(work / "out" / "invalid.csv")
        check(name, code == 0 and cells == [["claims", "3", "0003", reason, column, value]], f"{told} {cells}")
    # half a pair of escapes is no character, and two different halves are two ids: around the end of the parser's block
    halves, path = ["\\ud800", "\\ud801", "\\ud83d\\u0041", "\\udc00", "\\ud83d\\ude00", "\\\\ud800"], work / "halves.jsonl"
    for before in range(65536 - 130, 65536 - 100):
        lines = [f'{{"claim_id": "{id}", ' + "".join(f'"{n}": "{c}", ' for n, c in zip(CLAIM[1:], ROWS[0][1:])).rstrip(", ") + "}\n" for id in halves]
        path.write_text('{"z": "' + "x" * before + '", ' + "".join(lines)[1:])
        code, told, _ = audit(policy, path, people)
        rows = [line.split(b",")[:3] for line in (work / "out" / "decisions.csv").read_bytes().split(b"\n")[1:-1]]
        expected_rows = [[b"\xed\xa0\x80", b"invalid", b"bad_value"], [b"\xed\xa0\x81", b"invalid", b"bad_value"], [b"\xed\xa0\xbdA", b"invalid", b"bad_value"],
                         [b"\xed\xb0\x80", b"invalid", b"bad_value"], ["😀".encode(), b"granted", b"ok"], [b"\\ud800", b"granted", b"ok"]]
        if code or rows != expected_rows:
            check(f"halves of characters in JSON, {before} bytes before", False, f"{told} {rows}")
            break
    else:
        check("halves of characters in JSON", True)

    # files
    refused("a header in other words", ledgers.write_csv(work / "k.csv", ["编号"] + CLAIM[1:], ROWS),
            "lacks the column `claim_id`, and has `编号`", "give --column=claim_id=NAME")
    refused("an id that Excel made a number", sheet("claim_id", number("3")), "row 4: column `claim_id`: 3 is a number to Excel")
    refused("a long id that Excel made a number", sheet("applicant_id", number("9.1330000000000006E+17")), "row 4: column `applicant_id`: 9.13")
    refused("a gzip file cut short", cut(ledgers.write_gzip(work / "a.gz", CLAIM, ROWS), 120), "cut short")
    skippable = ledgers.write_zstd(work / "skippable.zst", CLAIM, ROWS)
    skippable.write_bytes(b"\x50\x2a\x4d\x18\x04\x00\x00\x00\x10\x00\x00\x00" + skippable.read_bytes())  # as pzstd does
    code, told, digests = audit(policy, skippable, people)
    check("a zstd file that begins with a frame to be skipped", code == 0 and digests == expected, told)
    refused("a zstd file cut short", cut(ledgers.write_zstd(work / "a.zst", CLAIM, ROWS), 120), "cut short")
    damaged = ledgers.write_gzip(work / "b.gz", CLAIM, ROWS)
    bytes_of = bytearray(damaged.read_bytes())
    bytes_of[60] ^= 0xFF
    damaged.write_bytes(bytes_of)
    refused("a damaged gzip file", damaged, "damaged")
    refused("an Excel file cut short", cut(ledgers.write_xlsx(work / "c.xlsx", {"x": (CLAIM, ROWS)}), 700), "damaged or cut short")
    refused("a sheet that is not there", f"{work}/c.xlsx#y", "has no such sheet; it has `x`")
    refused("sheets to choose from", ledgers.write_xlsx(work / "d.xlsx", {"x": (CLAIM, ROWS), "y": (CLAIM, ROWS)}), "has 2 sheets", "`x`, `y`")
    lines = ledgers.write_json_lines(work / "e.jsonl", CLAIM, ROWS)
    refused("JSON lines cut short", cut(lines, 500), "line 3: the file ends inside an object")
    (work / "f.jsonl").write_text('{"claim_id": "1",\n"cost": [1]}\n')
    refused("a list as a cell", work / "f.jsonl", "line 2: this is no JSON lines: `cost` is no single value")
    (work / "g.jsonl").write_text('{"claim_id": "1", "claim_id": "2"}\n')
    refused("a name twice in an object", work / "g.jsonl", "`claim_id` stands twice in one object")
    base = ledgers.write_sqlite(work / "h.sqlite", {"x": (CLAIM, ROWS), "y": (CLAIM, ROWS)})
    refused("tables to choose from", base, "has 2 tables", "`x`, `y`")
    refused("a table that is not there", f"{base}#z", "no such table: z")
    refused("an SQLite file cut short", cut(base, 4096), "cannot be read by SQLite")
    refused("a source without a name", "", "option '--claims' needs a value", code=2)
    refused("a pattern without files", f"{work}/none*.csv", "no file matches this pattern")
    refused("a table of a CSV", f"{claims}#x", "has no tables or sheets")
    refused("a field that is none", claims, "no field `color`", code=2, more=["--column=color=x"])
    refused("a column that is none", claims, "no file has the column `x` given for `cost`", more=["--column=cost=x"])
    refused("no DuckDB file", work, "cannot be read")
    os.environ["POL_DUCKDB"] = "/nonexistent/libduckdb.so"
    (work / "i.parquet").write_bytes(b"PAR1" + bytes(100))
    refused("no DuckDB", work / "i.parquet", "this needs DuckDB", code=4)
    del os.environ["POL_DUCKDB"]
    if duck_there():
        refused("a damaged Parquet file", work / "i.parquet", "DuckDB: ")
        for kind in ("VARCHAR", "BLOB"):  # bytes that are no UTF-8: a lie in a column of text, a bad cell in one of bytes
            ledgers.duck_sql(duck, "", f"COPY (SELECT * REPLACE (CAST(CASE WHEN claim_id = '0001' THEN 'QXZQXZ' ELSE applicant_id END AS {kind}) "
                                       f"AS applicant_id) FROM {ledgers.duck_csv(claims, TYPES | {'claim_id': 'VARCHAR'})}) "
                                       f"TO '{work}/n.parquet' (FORMAT parquet, COMPRESSION uncompressed)")
            text = (work / "n.parquet").read_bytes()
            check("the text is there to be broken", b"QXZQXZ" in text, "")
            (work / "n.parquet").write_bytes(text.replace(b"QXZQXZ", b"QX\xff\xfeXZ"))
            if kind == "VARCHAR":
                refused("no UTF-8 in Parquet", work / "n.parquet", 'n.parquet: column `applicant_id`: the text "QX\\xFF\\xFEXZ" is no '
                        "UTF-8, which Parquet demands of all of it: write the file again, or give its rows as CSV")
        code, told, _ = audit(policy, work / "n.parquet", people, out="bytes")
        told += (work / "bytes/invalid.csv").read_text(errors="surrogateescape") if code == 0 else ""
        check("no UTF-8 in Parquet's bytes", code == 0 and told.splitlines()[1:] == [f"claims,1,0001,bad_value,applicant_id,QX\udcff\udcfeXZ,{work}/n.parquet,1"], told)
        ledgers.duck_sql(duck, "", f"COPY (SELECT *, 1 AS cosz FROM {ledgers.duck_csv(claims)}) TO '{work}/l.parquet' (FORMAT parquet)")
        twice = (work / "l.parquet").read_bytes()
        (work / "l.parquet").write_bytes(twice.replace(b"cosz", b"cost"))
        refused("a column twice in Parquet", work / "l.parquet", "column `cost` stands twice")
        ledgers.duck_sql(duck, "", f"COPY (SELECT 1 AS cosz, * FROM {ledgers.duck_csv(claims, TYPES | {'claim_id': 'VARCHAR'})}) TO '{work}/m.parquet' (FORMAT parquet)")
        (work / "m.parquet").write_bytes((work / "m.parquet").read_bytes().replace(b"cosz", b"Cost"))  # DuckDB calls the other one cost_1
        code, told, digests = audit(policy, work / "m.parquet", people)
        check("names that differ in case in Parquet", code == 0 and digests == expected and "`Cost`" in told, told)
        for kind in ("DOUBLE", "FLOAT"):
            ledgers.duck_sql(duck, "", f"COPY (SELECT * REPLACE (CAST(cost AS {kind}) AS cost) FROM {ledgers.duck_csv(claims)}) TO '{work}/j.parquet' (FORMAT parquet)")
            refused(f"money as {kind}", work / "j.parquet", f"column `cost` ({kind}) is binary floating point, which is not exact: store it as DECIMAL(18,2)")
    changing()


def touch_up(path):
    """Another byte in place, and the time of change as it was."""
    facts = os.stat(path)
    with path.open("r+b") as file:
        file.seek(facts.st_size // 2)
        byte = file.read(1)
        file.seek(facts.st_size // 2)
        file.write(bytes([byte[0] ^ 1]))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def changing():
    """Files that change between their first byte and the last: a run that waits for a pipe gives the time to."""
    policy, claims, people, _ = small()
    many = [[f"{n:07d}"] + ROWS[0][1:] for n in range(60000)]
    for name, change in (("grows", lambda path: path.open("ab").write(b"x\n")), ("is cut short", lambda path: os.truncate(path, 5000)),
                         ("is changed in place", touch_up), ("is changed in place, with work files,", touch_up),
                         ("is replaced", lambda path: os.replace(ledgers.write_csv(work / "other.csv", CLAIM, ROWS), path))):
        path, pipe = ledgers.write_csv(work / "many.csv", CLAIM, many), work / "pipe"
        os.mkfifo(pipe)
        command = [str(polrun), "audit", str(policy), "--quiet", f"--claims={path}", f"--applicants={pipe}", f"--out={work}/changed"]
        command += ["--resume"] if "work files" in name else []
        run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        with open(pipe, "wb") as file:  # the claims are open by now
            change(path)
            file.write(people.read_bytes())
        told = run.communicate()[1]
        left = list((work / "changed").iterdir()) if (work / "changed").exists() else []
        check(f"a file that {name} while it is read", run.returncode == 3 and ("changed while it was read" in told or "cut short while" in told) and not left,
              f"{run.returncode} {told} {left}")
        pipe.unlink()


def sinks():
    """Results as Parquet and in DuckDB files hold what the CSV holds."""
    if not duck_there():
        print("skipped: there is no DuckDB to write Parquet and tables with")
        sys.exit(77)
    policy, tables = policy_of("dongyang"), case_of("dongyang")
    plain = [ledgers.write_csv(work / f"{table}.csv", *tables[table]) for table in tables]
    audit(policy, *plain, "--findings", out="csv")
    columns = {"decisions": "claim_id decision reason rule award entitled payable carried outstanding lapsed paid difference", "payments": "claim_id applicant_id year amount"}

    def rows_of(table):
        names, rows = ledgers.read_csv(work / "csv" / f"{table}.csv")
        check(f"the columns of {table}", names == columns[table].split(), names)
        return [[cell or "NULL" for cell in row] for row in rows]

    def same_rows(name, base, relation, table):
        cells = ", ".join(f"replace(CAST({c} AS VARCHAR), chr(10), ' ')" for c in columns[table].split())
        told = ledgers.duck_sql(duck, base, f"SELECT {cells} FROM {relation}")
        check(name, [line.split("\t") for line in told.split("\n")[:-1]] == [[cell.replace("\n", " ") for cell in row] for row in rows_of(table)], told[:300])

    code, told, _ = audit(policy, *plain, "--findings", "--format=parquet", out="parquet")
    names = sorted(path.name for path in (work / "parquet").iterdir())
    check("Parquet files", code == 0 and names == ["decisions.parquet", "differences.parquet", "findings.json", "findings.parquet", "invalid.parquet", "payments.parquet"], f"{told} {names}")
    base = work / "kept.duckdb"
    ledgers.duck_sql(duck, base, "CREATE TABLE mine AS SELECT 7 AS seven", "CREATE TABLE payments AS SELECT 1 AS old")
    done = subprocess.run([str(polrun), "audit", str(policy), "--quiet", f"--claims={plain[0]}", f"--applicants={plain[1]}", f"--out={base}"], capture_output=True, text=True)
    check("a DuckDB file", done.returncode == 0, done.stderr)
    for table in columns:
        same_rows(f"{table} in Parquet", "", f"'{work}/parquet/{table}.parquet'", table)
        same_rows(f"{table} in DuckDB", base, table, table)
    told = ledgers.duck_sql(duck, base, "SELECT CAST(seven AS VARCHAR) FROM mine", "SELECT data_type FROM information_schema.columns WHERE column_name = 'payable'")
    check("other tables are kept, money is DECIMAL", told == "7\nDECIMAL(18,2)\n", told)
    before = base.read_bytes()
    (work / "none.duckdb").write_text("no database")
    done = subprocess.run([str(polrun), "audit", str(policy), "--quiet", f"--claims={plain[0]}", f"--applicants={plain[1]}", f"--out={work}/none.duckdb"], capture_output=True, text=True)
    check("a file that is no DuckDB file is left alone", done.returncode == 3 and (work / "none.duckdb").read_text() == "no database", done.stderr)
    done = subprocess.run([str(polrun), "audit", str(policy), "--quiet", f"--claims={work}/nothing.csv", f"--applicants={plain[1]}", f"--out={base}"], capture_output=True, text=True)
    check("a run that fails leaves the DuckDB file as it was", done.returncode == 3 and base.read_bytes() == before, done.stderr)
    # what an earlier run could not use does not outlive one that could use every row
    policy, claims, people, _ = small()
    bad = ledgers.write_csv(work / "bad.csv", CLAIM, [ROWS[0][:3] + ["2024-02-30"] + ROWS[0][4:]] + ROWS[1:])
    base = work / "again.duckdb"
    for given, there in ((bad, True), (claims, False)):
        for out in (["--format=parquet", f"--out={work}/again"], [f"--out={base}"]):
            done = subprocess.run([str(polrun), "audit", str(policy), "--quiet", f"--claims={given}", f"--applicants={people}", *out], capture_output=True, text=True)
            check("an audit over an earlier one", done.returncode == 0, done.stderr)
        check("the file of invalid rows", (work / "again/invalid.parquet").exists() == there and not (work / "again/invalid.csv").exists(), list((work / "again").iterdir()))
        told = ledgers.duck_sql(duck, base, "SELECT table_name FROM information_schema.tables ORDER BY 1")
        check("the table of invalid rows", told.split() == ["decisions", "invalid", "payments"][::1 if there else 2], told)
    check("nothing is left beside", not [path for path in work.iterdir() if path.name.startswith(".")], list(work.iterdir()))


# ---- a PostgreSQL server of our own, on a socket in our folder

@contextlib.contextmanager
def server():
    tools = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    home = pathlib.Path(tempfile.mkdtemp(prefix="pol_pg."))
    other = []
    if os.getuid() == 0:  # a server does not run as root
        user = pwd.getpwnam("postgres")
        os.chown(home, user.pw_uid, user.pw_gid)
        other = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    quiet = {"stdout": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run([*other, str(tools / "initdb"), "-D", f"{home}/data", "-A", "trust", "-U", "pol", "--no-sync", "-E", "UTF8", "--locale=C"], check=True, **quiet)
    options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off"
    subprocess.run([*other, str(tools / "pg_ctl"), "-D", f"{home}/data", "-o", options, "-l", f"{home}/log", "-w", "start"], check=True, **quiet)
    try:
        yield home
    finally:
        subprocess.run([*other, str(tools / "pg_ctl"), "-D", f"{home}/data", "-m", "immediate", "stop"], **quiet)
        shutil.rmtree(home, ignore_errors=True)


def postgres():
    if not list(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        sys.exit("PostgreSQL is not installed (Debian: postgresql-15)")
    policy, claims, people, expected = small()
    with server() as home:
        def psql(*statements):
            for statement in statements:
                subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-h", str(home), "-U", "pol", "postgres", "-c", statement], check=True)

        def at(table):
            return f"postgresql://pol:secret@/postgres?host={home}#{table}"

        def refused(name, source, *words):
            code, told, digests = audit(policy, source, people)
            check(name, code == 3 and all(word in told for word in words) and "secret" not in told and not digests, told)

        kinds = {"date": "date", "paid": "numeric(18,2)", "patents": "bigint", "share": "numeric", "cost": "numeric(20,4)"}
        psql(f"create table x (n serial, {', '.join(name + ' ' + kinds.get(name, 'text') for name in CLAIM)})",
             f"\\copy x ({', '.join(CLAIM)}) from '{claims}' with (format csv, header)",
             "create table people (applicant_id text, year int, local bool)", f"\\copy people from '{people}' with (format csv, header)")
        for name, source in (("a PostgreSQL table", at("x")), ("a table of a schema", at("public.x")), ("a query", at("select * from x order by n")),
                             ("times at midnight", at('select claim_id, applicant_id, item, date::timestamp as date, object_id, paid, patents, share, cost from x order by n')),
                             ("another way to say where", f"postgresql:host={home} user=pol dbname=postgres#x")):
            code, told, digests = audit(policy, source, at("people"))
            check(name, code == 0 and digests == expected, told)
        refused("a PostgreSQL table that is not there", at("nothing"), 'relation "nothing" does not exist')
        refused("no table named", at("").rstrip("#"), "names no table")
        refused("money as float8", at("select claim_id, applicant_id, item, date, object_id, patents, share, cost::float8 from x"), "column `cost` is binary floating point")
        refused("a time of a zone", at("select claim_id, applicant_id, item, now() as date, object_id, patents, share, cost from x"), "column `date` is a time")
        refused("a query that fails on the way", at("select claim_id, applicant_id, item, date, object_id, patents, share, cost / (n - 3) as cost from x"), "division by zero")
        refused("what is no query", at("delete from x"), "cannot be read")
        tables = case_of("dongyang")
        plain = [ledgers.write_csv(work / f"{table}.csv", *tables[table]) for table in tables]
        for table, path in zip(tables, plain):
            names = ", ".join(ledgers.quoted(name) for name in tables[table][0])
            psql(f"create table {table} (n serial, {names.replace(',', ' text,')} text)", f"\\copy {table} ({names}) from '{path}' with (format csv, header)")
        _, _, wanted = audit(policy_of("dongyang"), *plain)
        code, told, digests = audit(policy_of("dongyang"), at("select * from claims order by n"), at("select * from applicants order by n"))
        check("dongyang: PostgreSQL", code == 0 and digests == wanted, told)
    refused("a server that is gone", at("x"), "cannot be connected to")
    code, told, _ = audit(policy, f"postgresql:host={home} sslpassword=secret user=pol password='secret too' dbname=postgres#x", people)
    check("no password is told", code == 3 and "secret" not in told and "sslpassword=*** user=pol password=***" in told, told)


{"same": same, "matrix": matrix, "typed": typed, "postgres": postgres, "wrong": wrong, "sinks": sinks}[part]()
finish()
