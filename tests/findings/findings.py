#!/usr/bin/env python3
"""Findings of a small ledger, worked out by hand; the same bytes whatever the threads, batches and order of rows; Markdown.

usage: findings.py BIN FOLDER
"""
import csv
import json
import pathlib
import random
import subprocess
import sys
import tempfile

programs, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
HOSTILE = "</script><script>document.title='owned'</script>"
# kind, claim, amount, other claims, clause, rule
EXPECTED = [
    ("overpaid", HOSTILE, "1234.56", "", "1", "prize.award"),
    ("paid_twice", "p1", "1000.00", "", "1", ""),
    ("paid_twice", "p2", "1000.00", "p1", "1", "prize.once.1"),
    ("paid_excluded", "p4", "1000.00", "", "4", "barred"),
    ("split", "q1", "930.00", "q2", "2", "parts.cap.1"),  # 950 + 980 - 1000; q3 is 42 days later
    ("limit_used_up", "l2", "300.00", "l1", "3", "budget"),  # 1000 - 800 left, 500 paid
    ("underpaid", "l3", "150.00", "", "3", "budget"),  # 700 at once and 200 a year later are due, 750 paid
    ("paid_twice", "s2", "100.00", "s1", "1", "step.award"),
    ("underpaid", "u1", "100.00", "", "1", "prize.award"),
    ("limit_used_up", "w2", "100.00", "w1", "2", "works.cap.1"),  # 500 - 400 left, 200 paid
    ("limit_used_up", "l3", "50.00", "l2", "3", "budget"),  # 1000 - 300 carried are left, 750 paid
    ("over_cap", "q4", "50.00", "q1", "2", "parts.cap.1"),
    ("paid_twice", "s3", "50.00", "", "1", "step.less.1"),
    ("paid_undecided", "p5", "10.00", "", "1", "in_force"),
    ("paid_undecided", "p6", "7.00", "", "", ""),
    ("paid_undecided", "f1", "6.00", "", "3", ""),
    ("paid_undecided", "p3", "5.00", "", "1", "prize.kind"),
    ("paid_undecided", "b1", "4.00", "", "3", ""),
    ("paid_undecided", "m1", "3.00", "", "1", ""),
    ("overpaid", "o1", "0.01", "", "1", "prize.award"),
]
DIFFERENCES = {  # by, name: claims, paid, due, overpaid, underpaid
    ("item", "prize"): ("10", "8152.57", "4000.00", "4252.57", "100.00"),
    ("clause", "4"): ("1", "1000.00", "0.00", "1000.00", "0.00"),
    ("year", "2025"): ("1", "750.00", "900.00", "0.00", "150.00"),
    ("applicant", "A"): ("12", "4327.01", "3250.00", "1327.01", "250.00"),
}
FILES = ("findings.csv", "findings.json", "differences.csv")
problems = []


def check(holds, *what):
    if not holds:
        problems.append(" ".join(map(str, what)))


def run(*arguments, code=0):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, check=False)
    if done.returncode != code:
        sys.exit(f"{' '.join(map(str, arguments))}: {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return done


def audit(work, claims, name, *options):
    run(programs / "polrun", "audit", work / "grants.so", "--claims", claims, "--applicants", folder / "applicants.csv",
        "--out", work / name, "--quiet", *options)
    return work / name


def test_expected(out):
    rows = list(csv.DictReader((out / "findings.csv").open(encoding="utf-8", newline="")))
    got = [tuple(r[k] for k in ("kind", "claim_id", "amount", "other_claims", "clause", "rule")) for r in rows]
    for want, have in zip(EXPECTED, got):
        check(want == have, "expected", want, "got", have)
    check(len(got) == len(EXPECTED), len(got), "findings, not", len(EXPECTED))
    sums = {(r["by"], r["name"]): r for r in csv.DictReader((out / "differences.csv").open(encoding="utf-8", newline=""))}
    for key, want in DIFFERENCES.items():
        have = tuple(sums[key][k] for k in ("claims", "paid", "due", "overpaid", "underpaid"))
        check(want == have, key, "expected", want, "got", have)
    data = json.loads((out / "findings.json").read_text(encoding="utf-8"))
    check(len(data["findings"]) == len(EXPECTED), "findings.json has", len(data["findings"]))
    split = [k for k in data["kinds"] if k["kind"] == "split"][0]
    check((split["count"], split["amount"]) == (1, 93000), "splits:", split)
    check(data["findings"][0]["claim"] == HOSTILE, "the first claim is", data["findings"][0]["claim"])
    words = {r["claim_id"] + " " + r["kind"]: r["words_en"] for r in rows}
    check(words["l2 limit_used_up"] == "paid 500.00 yuan although the limit of 2024 had 200.00 yuan left; l1 had used it",
          words["l2 limit_used_up"])


def test_better(out):
    """What would make a decision better, by hand: p3's applicant is of the wrong kind; no fact raises a fixed prize."""
    data = json.loads((out / "findings.json").read_text(encoding="utf-8"))
    better = {f["claim"] + " " + f["kind"]: f.get("better") for f in data["findings"]}
    want = {"p3 paid_undecided": [{"facts": [["kind", "other", "firm"]], "award": 100000}], "u1 underpaid": [], "o1 overpaid": [],
            "s2 paid_twice": [], "l2 limit_used_up": None, "p5 paid_undecided": None, "q1 split": None, "b1 paid_undecided": None}
    for name, value in want.items():
        check(better[name] == value, "better for", name, "is", better[name])
    text = run(programs / "polrun", "report", out, "--format", "md", "--lang", "en", "-o", "-").stdout.decode()
    for line in ("- with kind firm instead of other the award is 1,000.00 yuan\n", "- this must hold: for firm\n",
                 "- this must not hold: applicant\\.barred\n", "- the item must be one of the policy\n"):
        check(line in text, "the Markdown lacks", line)
    text = run(programs / "polrun", "report", out, "--format", "md", "--lang", "zh", "-o", "-").stdout.decode()
    check("- 若 kind 为 firm（现为 other），奖励为 1,000.00 元\n" in text, "no Chinese help")


def test_same_bytes(work, first):
    lines = (folder / "claims.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    head, rows = lines[0], lines[1:]
    second = [r for r in rows if r.startswith("p1,A,prize,2024-05")]  # stays behind the row whose id it repeats
    rows = [r for r in rows if r not in second]
    for seed in range(4):
        random.Random(seed).shuffle(rows)
        shuffled = work / f"claims{seed}.csv"
        shuffled.write_text(head + "".join(rows + second), encoding="utf-8")
        out = audit(work, shuffled, f"out{seed}", "--findings", "--threads", seed + 1, "--batch", seed * 5 + 1,
                    *(["--resume"] if seed % 2 else []))  # through work files
        for name in FILES:
            check((out / name).read_bytes() == (first / name).read_bytes(), name, "differs with", seed + 1, "threads")


def test_options(work):
    plain = audit(work, folder / "claims.csv", "plain")
    # five claims are of no use, each for another reason, so there is an invalid.csv
    check(sorted(p.name for p in plain.iterdir()) == ["decisions.csv", "invalid.csv", "payments.csv"], "files without --findings")
    wide = audit(work, folder / "claims.csv", "wide", "--findings", "--split-days", 42)
    rows = csv.DictReader((wide / "findings.csv").open(encoding="utf-8", newline=""))
    splits = [(r["claim_id"], r["other_claims"], r["amount"]) for r in rows if r["kind"] == "split"]
    check(splits == [("q1", "q2;q3", "1925.00")], "with 42 days:", splits)
    narrow = audit(work, folder / "claims.csv", "narrow", "--findings", "--split-within", 4)  # from 960 on
    rows = csv.DictReader((narrow / "findings.csv").open(encoding="utf-8", newline=""))
    check(not [r for r in rows if r["kind"] == "split"], "a split within 4 percent")


def splits(work, out, *options):
    run(programs / "polrun", "audit", work / "splits.so", "--claims", folder / "splits.csv", "--applicants",
        folder / "splits_applicants.csv", "--out", work / out, "--quiet", "--findings", *options)
    rows = csv.DictReader((work / out / "findings.csv").open(encoding="utf-8", newline=""))
    return [(r["claim_id"], r["other_claims"], r["amount"]) for r in rows if r["kind"] == "split"]


def test_splits(work):
    """Claims close below thresholds of every kind, against what one claim for all of it would have come to."""
    run(programs / "polc", "build", folder / "splits.pol", "-o", work / "splits.so")
    want = [("o1", "o2", "3900.00"),  # 1900 + 2000; 38,999.99 is beyond the ceiling, which is a parameter: nothing
            ("s1", "s2", "2940.00"),  # 1500 + 1440; 9800 is more than 5000: nothing
            ("c1", "c2", "970.00"),   # 980 + 990 - 1000; c3 and c4 are of somebody without the cap
            ("m1", "m2", "940.00"),   # 950 + 990 - 1000; m3 was paid the most
            ("h1", "h2", "800.00"),   # 2 * 1000 - 1200 for 19 people; 10 is still below, 11 is not
            ("f1", "f2", "573.00")]   # 475 + 480 - 20% of 1910; f3 and f4 are months apart
    got = splits(work, "splits")      # r1, r2: one claim would have got more; l2, l3 got nothing
    check(got == want, "splits:", got)
    check(splits(work, "higher", "--param", "ceiling=25000") == want[1:], "with a higher ceiling")
    check(splits(work, "closer", "--split-within", 2) == [("c1", "c2", "970.00")],
          "within 2 percent:", splits(work, "closer", "--split-within", 2))
    data = json.loads((work / "splits" / "findings.json").read_text(encoding="utf-8"))
    found = [f for f in data["findings"] if f["claim"] == "f1"][0]
    check((found["field"], found["edge"], found["as_one"]) == ("cost", "1,000.00", 38200), "f1 is", found)
    check(found["words_en"] == "with f2 of the same applicant and item, near in time, each with cost close below 1,000.00: "
          "955.00 yuan together, 382.00 yuan as one claim", found["words_en"])


def test_report(work, out):
    run(programs / "polrun", "report", out, "--format", "md", "--lang", "en")
    text = (out / "report.md").read_text(encoding="utf-8")
    check("<script" not in text and "<img" not in text and "<b>" not in text, "HTML in the Markdown")
    check("| split below a threshold | 1 | 930.00 |" in text, "no splits in the Markdown")
    check("paid 500\\.00 yuan although the limit of 2024 had 200\\.00 yuan left; l1 had used it" in text, "no sentence")
    chinese = run(programs / "polrun", "report", out, "--format", "md", "--lang", "zh", "-o", "-").stdout.decode()
    check("2024 年限额仅余 200\\.00 元（已由 l1 占用），实付 500\\.00 元" in chinese, "no Chinese sentence")
    run(programs / "polrun", "report", out, "-o", work / "page.html", "--most", 3)
    page = (work / "page.html").read_text(encoding="utf-8")
    check("</script><script>document" not in page, "an id ends the element of the data")
    check(page.count("<script") == 2 and page.count("://") == 1, "the page loads something")  # the name space of SVG


def test_broken(work, out):
    sound = (out / "findings.json").read_bytes()
    broken = work / "broken"
    broken.mkdir()
    done = run(programs / "polrun", "report", broken, code=3)
    check(b"run the audit with --findings" in done.stderr, done.stderr)
    for cut in list(range(0, len(sound) - 2, max(1, len(sound) // 40))) + [len(sound) - 3]:
        (broken / "findings.json").write_bytes(sound[:cut])
        done = run(programs / "polrun", "report", broken, code=3)
        check(b"findings.json" in done.stderr, cut, done.stderr)
    for old, new in ((b'"format":"pol findings 1"', b'"format":"pol findings 9"'), (b'"rule":', b'"rule":9'),
                     (b'"sentence":', b'"sentence":-'), (b'"items":[', b'"items":7,"x":['), (b'"paid":', b'"paid":"x",":'),
                     (b'"exact":', b'"exact":[],"y":')):
        changed = sound.replace(old, new)
        check(changed != sound, old, "does not stand there")
        (broken / "findings.json").write_bytes(changed)
        run(programs / "polrun", "report", broken, code=3)
    check(not (broken / "report.html").exists(), "a page of a broken file")


def compare(work, out, *arguments, code=0):
    return run(programs / "polrun", "compare", *arguments, "--claims", folder / "claims.csv", "--applicants",
               folder / "applicants.csv", "--out", work / out, "--lang", "en", code=code).stdout.decode()


def test_compare(work):
    run(programs / "polc", "build", folder / "draft.pol", "-o", work / "draft.so")
    text = compare(work, "compared", work / "grants.so", work / "draft.so")
    # five prizes gain 200 each, the bonus 70; two steps lose 100 and 200, the lower cap costs 100
    for line in ("gain         6   1,070.00", "lose         3    -400.00", "new item nothing bonus", "dropped item step",
                 "new field of claims points", "applicants: 2 gain, 0 lose; 1 claim keeps its due by another decision",
                 "prize        5/0  5,000.00  6,000.00  1,000.00"):
        check(line in text, "the comparison does not say", line)
    check(max(len(line) for line in text.splitlines()) <= 80, "more than 80 columns")
    rows = list(csv.DictReader((work / "compared" / "changes.csv").open(encoding="utf-8", newline="")))
    got = {(r["claim_id"], r["old_reason"], r["new_reason"], r["change"]) for r in rows}
    want = {(c, "ok", "ok", "200.00") for c in ("p1", "u1", "o1", "n1", HOSTILE)} | {
        ("s1", "ok", "unknown_item", "-100.00"), ("s2", "ok", "unknown_item", "-200.00"),
        ("w2", "cap", "cap_reached", "-100.00"), ("p6", "unknown_item", "ok", "70.00")}
    check(got == want, "changes:", got ^ want)
    sums = {(r["by"], r["name"]): r for r in csv.DictReader((work / "compared" / "changes_by.csv").open(encoding="utf-8"))}
    check(sums["all", ""]["new_due"] == "11645.00", "in all", sums["all", ""])
    check(sums["applicant", "A"]["change"] == "470.00", "A", sums["applicant", "A"])
    back = compare(work, "back", work / "draft.so", work / "grants.so")
    check("gain         3     400.00" in back and "lose         6  -1,070.00" in back, "the other way round:", back)
    same = compare(work, "same", work / "grants.so", work / "grants.so")
    check("change       0       0.00" in same, "a policy differs from itself")
    compare(work, "none", work / "grants.so", code=2)
    check(not (work / "none").exists(), "nothing to compare with left files")


def test_parameter(work):
    (work / "rate.pol").write_text("""policy rate { effective from 2024-01-01 }
parameter percent: rate default 10%
applicant { kind: enum { firm } }
claim { cost: money }
clause 1 "Rate" { item grant { reading "10%" quote "the cost times the rate" award percent of cost } }
""", encoding="utf-8")
    run(programs / "polc", "build", work / "rate.pol", "-o", work / "rate.so")
    (work / "c.csv").write_text("claim_id,applicant_id,item,date,cost\n1,A,grant,2024-05-01,1000\n2,B,grant,2024-05-02,300.05\n")
    (work / "a.csv").write_text("applicant_id,year,kind\nA,2024,firm\nB,2024,firm\n")
    text = run(programs / "polrun", "compare", work / "rate.so", "--param", "percent=0.2", "--versus", "percent=0.15", "--claims",
               work / "c.csv", "--applicants", work / "a.csv", "--lang", "en").stdout.decode()
    # 200 and 60.01 before, 150 and 45.0075 rounded to 45.01 after
    for line in ("parameter percent 0.2 → 0.15", "before       2  260.01", "after        2  195.01", "lose         2  -65.00"):
        check(line in text, "two values of a parameter:", line, "not in\n" + text)


with tempfile.TemporaryDirectory(prefix="pol_findings.") as name:
    place = pathlib.Path(name)
    run(programs / "polc", "build", folder / "grants.pol", "-o", place / "grants.so")
    result = audit(place, folder / "claims.csv", "out", "--findings", "--threads", 1)
    test_expected(result)
    test_better(result)
    test_same_bytes(place, result)
    test_options(place)
    test_splits(place)
    test_report(place, result)
    test_broken(place, result)
    test_compare(place)
    test_parameter(place)
for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
