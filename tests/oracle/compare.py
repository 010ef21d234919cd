"""Random ledgers, decided by pol and by the second reading of the contract in oracle.py: every cell but `rule` must agree.

    compare.py BIN TOP [--count N] [--seed S] [--rows N] [--keep DIR]
    compare.py BIN TOP --cases        the oracle against the cases of tests/cases

Closing line: "N passed, N failed".
"""
import argparse
import datetime
import os
import random
import re
import subprocess
import sys
import tempfile

import oracle
import sheets

MONEY = [b"0", b"0.01", b"0.03", b"1", b"99.99", b"199.5", b"300", b"1000", b"2000", b"4999.99", b"5000", b"7999.99", b"8000.01",
         b"10000", b"12345.67", b"29999.99", b"30000", b"30000.01", b"50000", b"50000.01", b"100000", b"100000.01", b"199999.99",
         b"200000.01", b"250000", b"300000", b"399999.99", b"600000", b"2000000", b"2000000.01", b"4999999.99", b"5000000",
         b"5000000.01", b"9999999.99", b"10000000", b"45000000", b"50000000", b"70000000.05", b"1000000000000", b"007.5", b"0.10"]
BAD_MONEY = [b"-1", b"+1", b"1.234", b"1.500", b"1e3", b"1,000", "１２".encode(), b"12.", b".5", b"1000000000000.01", b"0x1", b"NaN",
             b"1 000", "12元".encode(), b"99999999999999999999999"]
COUNTS = [b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"9", b"10", b"11", b"13", b"14", b"15", b"39", b"40", b"41", b"49",
          b"50", b"51", b"55", b"60", b"66", b"99", b"100", b"120", b"1000000000", b"007"]
BAD_COUNTS = [b"-1", b"5.0", b"1000000001", b"1e2", b"", b"x", "五".encode()]
TRUE, FALSE = [b"true", b"1", "是".encode()], [b"false", b"0", "否".encode()]
BAD_BOOLS = [b"TRUE", b"yes", b"2", "真".encode(), b"t"]
BAD_DATES = [b"2021-02-29", b"2021/01/01", b"2021-1-1", b"1989-12-31", b"2100-01-01", b"20210101", b"2022-13-01", b"2022-00-10"]
BLANK = [b"", b" ", b"\t", b"  \t "]
ODD_TEXTS = [b"\xff\xfe", "字".encode() * 86, "字".encode() * 85, b'a"b', b"a,b", b"a\nb", "　".encode(), b"a\rb"]


class Maker:
    def __init__(self, rng, policy):
        self.rng, self.policy = rng, policy
        self.nasty = rng.choice([0, 0.003, 0.02])
        first = policy.first.year
        self.years = list(range(first - rng.choice([0, 0, 1]), first + rng.choice([3, 4, 7])))
        self.favoured = rng.sample(list(policy.items), min(len(policy.items), rng.choice([1, 2, 3, 8, len(policy.items)])))
        kinds = [policy.items[i].kinds for i in self.favoured if policy.items[i].kinds]
        self.kind = rng.choice(rng.choice(kinds)) if kinds else rng.choice(policy.profile["kind"])
        self.applicants = [b"A%d" % i for i in range(rng.choice([1, 3, 8]))] + ["甲公司".encode(), b"91330783MA28D0XY1K"]
        self.objects = [b"O%d" % i for i in range(rng.choice([2, 6, 40]))] + ["专利一".encode()]

    def pick(self, values):
        return self.rng.choice(values)

    def value(self, kind, good):
        if isinstance(kind, tuple):
            return self.pick(kind).encode() if good else self.pick([b"other_thing", kind[0].upper().encode() + b"X", b"enterprise "[:4]])
        if kind == "money":
            return self.pick(MONEY if good else BAD_MONEY)
        if kind == "rate":
            return self.pick([b"0", b"0.0435", b"0.043", b"1", b"0.000001", b"0.5"] if good else [b"1.1", b"0.0000001", b"4%"])
        if kind in ("count", "years") or kind.startswith("days"):
            return self.pick([c for c in COUNTS if kind == "count" or int(c) <= 200] if good else BAD_COUNTS + [b"367000"])
        if kind == "bool":
            return self.pick(TRUE if self.rng.random() < 0.85 else FALSE) if good else self.pick(BAD_BOOLS)
        return self.pick(self.objects + ([] if good else ODD_TEXTS))

    def cell(self, kind):
        r = self.rng.random()
        if r < self.nasty:
            return self.value(kind, False)
        if r < 1.5 * self.nasty:
            return self.pick(BLANK)
        cell = self.value(kind, True)
        return self.pick([b" ", b"\t", b"  "]) + cell + self.pick([b"", b" "]) if self.rng.random() < 0.02 else cell

    def date(self):
        if self.rng.random() < self.nasty:
            return self.pick(BAD_DATES)
        edges = [d for d in (self.policy.first, self.policy.last) if d]
        if self.rng.random() < 0.05:
            value = self.pick(edges) + datetime.timedelta(days=self.pick([-1, 0, 1]))
        else:
            value = datetime.date(self.pick(self.years), self.pick([1, 2, 6, 12]), self.pick([1, 15, 28]))
        return value.isoformat().encode()

    def profile_rows(self):
        rows = []
        for applicant in self.applicants:
            own = {f: self.cell(kind) for f, kind in self.policy.profile.items()}
            for year in self.years + [self.years[-1] + 1, self.years[-1] + 2]:
                if self.rng.random() < 0.1:
                    continue
                row = dict(own)
                for f, kind in self.policy.profile.items():
                    if self.rng.random() < 0.25:
                        row[f] = self.cell(kind)
                if "incident" in row and self.rng.random() < 0.9:
                    row["incident"] = b"false"
                if self.rng.random() < 0.7:
                    row["kind"] = self.kind.encode()
                for f, kind in self.policy.profile.items():
                    if kind == "bool" and f != "incident" and self.rng.random() < 0.6:
                        row[f] = b"true"
                row["applicant_id"], row["year"] = applicant, str(year).encode()
                if self.rng.random() < self.nasty:
                    row["year"] = self.pick([b"1989", b"2100", "2022年".encode(), b"22", b"", b"02022"])
                elif self.rng.random() < self.nasty:
                    row["applicant_id"] = self.pick([b"", b"\xff", b"A" * 256])
                rows.append(row)
        self.rng.shuffle(rows)
        return rows

    def claim_rows(self, count):
        rows, names = [], list(self.policy.items)
        for n in range(count):
            item = self.pick(self.favoured if self.rng.random() < 0.9 else names)
            row = {f: self.cell(kind) for f, kind in self.policy.fields.items() if self.rng.random() < 0.5}
            for f in self.policy.items[item].needs:
                if f != "object_id":
                    row[f] = self.cell(self.policy.fields[f])
            for f, value in self.policy.defaults.items():
                row.pop(f, None)
                if self.rng.random() < 0.2:
                    row[f] = self.cell(self.policy.fields[f]) if self.policy.fields[f] != "bool" else self.pick(FALSE * 3 + TRUE)
            row.update(claim_id=b"C%05d" % n, applicant_id=self.pick(self.applicants), item=item.encode(), date=self.date(),
                       object_id=self.cell("text"), paid=self.cell("money"))
            self.spoil(row, rows)
            rows.append(row)
        self.rng.shuffle(rows)
        return rows

    def spoil(self, row, before):
        r = self.rng.random
        if r() < 0.1:
            row["claim_id"] = self.pick([b"c%d" % self.rng.randrange(50), "号%d".encode() % self.rng.randrange(50)])
        if before and r() < self.nasty:
            row["claim_id"] = self.pick(before)["claim_id"]
        if r() < self.nasty:
            row["claim_id"] = self.pick(BLANK + [b"a,b", b'q"q', b"\xff", b"L" * 256, " 空 ".encode()])
        if r() < self.nasty:
            row["item"] = self.pick([b"", b"nothing", row["item"].upper(), b"\xfe"])
        if r() < self.nasty:
            row["applicant_id"] = self.pick([b"", b"nobody", b"\xff", b"N" * 256])


def written(cell, rng):
    if re.search(rb'[,"\n\r]', cell) or rng.random() < 0.02:
        return b'"' + cell.replace(b'"', b'""') + b'"'
    return cell


def write_csv(path, rows, columns, rng):
    columns = list(columns)
    rng.shuffle(columns)
    end = rng.choice([b"\n", b"\r\n"])
    with open(path, "wb") as out:
        out.write(rng.choice([b"", b"\xef\xbb\xbf"]) + b",".join(c.encode() for c in columns) + end)
        for row in rows:
            line = b",".join(written(row.get(c) or b"", rng) for c in columns)
            out.write((line if line.strip(b" \t") else b",") + end)
            if rng.random() < 0.01:
                out.write(rng.choice([b"", b" \t"]) + end)


def without_rule(path):
    """Lines of a decisions file with the cell `rule` (the fourth from the left of what follows claim_id) emptied."""
    records, record, quoted, cell = [], [], False, bytearray()
    data = open(path, "rb").read()
    i = 0
    while i < len(data):
        c = data[i:i + 1]
        if quoted:
            if c == b'"' and data[i + 1:i + 2] == b'"':
                cell += b'"'
                i += 1
            elif c == b'"':
                quoted = False
            else:
                cell += c
        elif c == b'"':
            quoted = True
        elif c in b",\n":
            record.append(bytes(cell))
            cell = bytearray()
            if c == b"\n":
                records.append(record)
                record = []
        else:
            cell += c
        i += 1
    for r in records[1:]:
        if len(r) == 12:
            r[3] = b""
    return [b",".join(oracle.cell(x) for x in r) for r in records]


def read_csv(path):
    """Rows as dicts of bytes: for the cases, which are well-formed."""
    data = open(path, "rb").read()
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    rows, row, cell, quoted, was_quoted, line_start = [], [], bytearray(), False, False, True
    i = 0

    def end_cell():
        text = bytes(cell)
        row.append(text)
        cell.clear()

    while i < len(data):
        c = data[i:i + 1]
        if quoted:
            if c == b'"' and data[i + 1:i + 2] == b'"':
                cell.extend(b'"')
                i += 1
            elif c == b'"':
                quoted = False
            else:
                cell.extend(c)
        elif c == b'"' and not bytes(cell).strip(b" \t"):
            quoted = was_quoted = True
            cell.clear()
        elif c == b",":
            end_cell()
        elif c == b"\n" or (c == b"\r" and data[i + 1:i + 2] == b"\n"):
            i += c == b"\r"
            end_cell()
            if len(row) > 1 or was_quoted or row[0].strip(b" \t"):
                rows.append(row[:])
            row.clear()
            was_quoted = False
        else:
            cell.extend(c)
        i += 1
    if cell or row:
        end_cell()
        if len(row) > 1 or row[0].strip(b" \t"):
            rows.append(row[:])
    header = [oracle.trimmed(h).decode() for h in rows[0]]
    return [dict(zip(header, r)) for r in rows[1:]]


def same(name, expected, found, what):
    if expected == found:
        return True
    for n, (a, b) in enumerate(zip(expected, found)):
        if a != b:
            print(f"{name}: {what} line {n + 1}\n  contract {a!r}\n  pol      {b!r}")
            break
    else:
        print(f"{name}: {what} has {len(found)} lines, {len(expected)} expected")
    return False


def run_cases(top):
    passed = failed = 0
    for name in sorted(os.listdir(f"{top}/tests/cases")):
        folder = f"{top}/tests/cases/{name}"
        name = name.partition("-")[0]  # dongyang-limits is of dongyang
        if name in sheets.GRANTING and os.path.exists(f"{folder}/claims.csv"):
            d, p = oracle.decide_ledger(sheets.GRANTING[name], read_csv(f"{folder}/claims.csv"), read_csv(f"{folder}/applicants.csv"))
            ok = same(name, without_rule(f"{folder}/decisions.csv"), d, "decisions")
            ok &= same(name, open(f"{folder}/payments.csv", "rb").read().split(b"\n"), (b"\n".join(p) + b"\n").split(b"\n"), "payments")
            passed, failed = passed + ok, failed + (not ok)
        if name in sheets.TARGETS and os.path.exists(f"{folder}/indicators.csv"):
            t = oracle.targets(sheets.TARGETS[name], read_csv(f"{folder}/indicators.csv"))
            ok = same(name, open(f"{folder}/targets.csv", "rb").read().split(b"\n")[:-1], t, "targets")
            passed, failed = passed + ok, failed + (not ok)
    return passed, failed


def build(arguments, work):
    for name in set(sheets.GRANTING) | set(sheets.TARGETS):
        subprocess.run([f"{arguments.bin}/polc", "build", f"{arguments.top}/policies/{name}.pol", "-o", f"{work}/{name}.so"],
                       check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def one_ledger(arguments, work, name, seed):
    rng = random.Random(f"{name} {seed}")
    policy, options = sheets.GRANTING[name], []
    if name == "lianzhou" and rng.random() < 0.3:
        start, last = rng.choice([("2024-02-29", datetime.date(2027, 2, 28)), ("2024-01-01", datetime.date(2026, 12, 31)),
                                  ("2024-12-31", datetime.date(2027, 12, 30))])
        policy, options = sheets.lianzhou(last), ["--param", f"commencement={start}"]
    maker = Maker(rng, policy)
    profiles, claims = maker.profile_rows(), maker.claim_rows(rng.choice([5, 60, arguments.rows]))
    as_of = rng.choice([None, maker.years[0], maker.years[-1] + 1])
    if as_of is not None:
        options += ["--as-of", str(as_of)]
    write_csv(f"{work}/claims.csv", claims,
              ["claim_id", "applicant_id", "item", "date", "object_id", "paid", "not_declared"] + list(policy.fields), rng)
    write_csv(f"{work}/applicants.csv", profiles, ["applicant_id", "year"] + list(policy.profile), rng)
    try:
        d, p = oracle.decide_ledger(policy, claims, profiles, as_of)
    except oracle.Stop:
        d = p = None
    ledger = ["--claims", f"{work}/claims.csv", "--applicants", f"{work}/applicants.csv", "--out", f"{work}/out"]
    native = [f"{arguments.bin}/polrun", "audit", f"{work}/{name}.so"] + ledger + options
    interpreted = [f"{arguments.bin}/polc", "run", f"{arguments.top}/policies/{name}.pol"] + ledger + options
    ok = True
    for how, command in (("native", native + rng.choice([[], ["--threads", "2", "--batch", "7"]])), ("interpreter", interpreted)):
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if d is None:
            ok &= done.returncode == 3
            continue
        if done.returncode != 0:
            print(f"{name} {seed} {how}: exit {done.returncode}: {done.stderr.decode(errors='replace')[-300:]}")
            return False
        ok &= same(f"{name} {seed} {how}", d, without_rule(f"{work}/out/decisions.csv"), "decisions")
        expected = b"\n".join(p) + b"\n"
        found = open(f"{work}/out/payments.csv", "rb").read()
        ok &= expected == found or same(f"{name} {seed} {how}", expected.split(b"\n"), found.split(b"\n"), "payments")
    return ok


def one_target(arguments, work, name, seed):
    rng = random.Random(f"targets {name} {seed}")
    table, rows = sheets.TARGETS[name], []
    for indicator, kind in {(t[0], t[1]) for t in table}:
        wanted = [t[4] for t in table if t[0] == indicator and t[4] is not None]
        for year in range(2018, 2025):
            if rng.random() < 0.15:
                continue
            near = wanted[0] // (100 if kind == "money" else 1) + rng.choice([-3, -1, 0, 0, 1, 7])
            value = str(max(0, near)).encode()
            if kind == "money" and rng.random() < 0.5:
                value += rng.choice([b".5", b".01", b".10", b".00"])
            if rng.random() < 0.08:
                value = rng.choice([b"", b"x", b"-1", b"1.5", b"1e3", b" 12 "])
            rows.append({"indicator": indicator.encode(), "year": str(year).encode(), "value": value})
    rng.shuffle(rows)
    write_csv(f"{work}/indicators.csv", rows, ["indicator", "year", "value"], rng)
    expected = oracle.targets(table, rows)
    ok = True
    for how, command in (("native", [f"{arguments.bin}/polrun", "targets", f"{work}/{name}.so"]),
                         ("interpreter", [f"{arguments.bin}/polc", "run", f"{arguments.top}/policies/{name}.pol"])):
        done = subprocess.run(command + ["--indicators", f"{work}/indicators.csv", "--out", f"{work}/out"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if done.returncode != 0:
            print(f"targets {name} {seed} {how}: exit {done.returncode}: {done.stderr.decode(errors='replace')[-300:]}")
            return False
        ok &= same(f"targets {name} {seed} {how}", expected, open(f"{work}/out/targets.csv", "rb").read().split(b"\n")[:-1], "targets")
    return ok


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin")
    parser.add_argument("top")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--keep", default=None)
    parser.add_argument("--cases", action="store_true")
    arguments = parser.parse_args()
    if arguments.cases:
        passed, failed = run_cases(arguments.top)
    else:
        passed = failed = 0
        with tempfile.TemporaryDirectory() as made:
            work = arguments.keep or made
            os.makedirs(work, exist_ok=True)
            build(arguments, work)
            for n in range(arguments.count):
                jobs = [(one_ledger, name) for name in sheets.GRANTING] + [(one_target, name) for name in sheets.TARGETS]
                for job, name in jobs:
                    ok = job(arguments, work, name, arguments.seed + n)
                    passed, failed = passed + ok, failed + (not ok)
                    if not ok and arguments.keep:
                        print(f"left in {work}")
                        print(f"{passed} passed, {failed} failed")
                        return 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


sys.exit(main())
