#!/usr/bin/env python3
"""The pages of reports in a headless browser: what they show, in both languages; ids of claims stay text; 100,000 findings.

usage: page.py BIN FOLDER CHROMIUM
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

if len(sys.argv) < 4 or "NOTFOUND" in sys.argv[3]:
    print("skipped: there is no Chromium to look at the pages with")
    sys.exit(77)
programs, folder, chromium = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
HOSTILE = "</script><script>document.title='owned'</script>"
problems = []


def check(holds, *what):
    if not holds:
        problems.append(" ".join(map(str, what)))


def run(*arguments):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, arguments))}: {done.returncode}\n{done.stderr.decode(errors='replace')}")


def shown(page, profile):
    """The document as it stands once the page's script has run."""
    done = subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                           f"--user-data-dir={profile}", "--virtual-time-budget=5000", "--dump-dom", f"file://{page}"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, timeout=120)
    dom = done.stdout.decode("utf-8", "replace")
    check('data-ready="yes"' in dom, page.name, "did not draw itself")
    return dom, re.sub(r"<script.*?</script>", "", dom, flags=re.S)


def ledger(work):
    run(programs / "polc", "build", folder / "grants.pol", "-o", work / "grants.so")
    run(programs / "polrun", "audit", work / "grants.so", "--claims", folder / "claims.csv", "--applicants",
        folder / "applicants.csv", "--out", work / "out", "--quiet", "--findings")


def test_audit(work):
    for lang, words in (("en", ("Findings by kind", "split below a threshold", "The largest cases", "1 Once", "20 of 20",
                                "paid 500.00 yuan although the limit of 2024 had 200.00 yuan left; l1 had used it")),
                        ("zh", ("发现汇总", "疑似拆分申报", "金额最大的发现", "1 Once", "共 20 笔",
                                "2024 年限额仅余 200.00 元（已由 l1 占用），实付 500.00 元"))):
        page = work / f"{lang}.html"
        run(programs / "polrun", "report", work / "out", "-o", page, "--lang", lang)
        dom, body = shown(page, work / "profile")
        for word in words:
            check(word in body, lang, "does not show", word)
        check("14,294.57" in body and "9,975.00" in body, lang, "lacks the sums")
        check("&lt;/script&gt;&lt;script&gt;document.title='owned'&lt;/script&gt;" in body, lang, "lacks the hostile id")
        check("<title>owned" not in dom and "<img" not in body, lang, "a text of the ledger became part of the page")
        check(body.count("<svg") >= 1 and 'aria-sort="none"' in body, lang, "lacks charts or tables that sort")


def test_many(work):
    """The page of 100,000 findings draws only those in sight."""
    data = json.loads((work / "out" / "findings.json").read_text(encoding="utf-8"))
    one = json.dumps(data["findings"][5], ensure_ascii=False, separators=(",", ":"))
    data["findings"] = []
    data["kinds"][3]["count"] = 100000
    many = work / "many"
    many.mkdir()
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    cases = ",\n".join(one.replace('"claim":"l2"', f'"claim":"l{i}"') for i in range(100000))
    (many / "findings.json").write_text(text.replace('"findings":[]', f'"findings":[{cases}]'), encoding="utf-8")
    run(programs / "polrun", "report", many, "--lang", "en")
    _, body = shown(many / "report.html", work / "profile")
    check("100,000 of 100,000" in body, "not all cases are there")
    check(40 < body.count("<tr") < 400, body.count("<tr"), "rows are in the document")


def test_compare(work):
    run(programs / "polc", "build", folder / "draft.pol", "-o", work / "draft.so")
    run(programs / "polrun", "compare", work / "grants.so", work / "draft.so", "--claims", folder / "claims.csv", "--applicants",
        folder / "applicants.csv", "--out", work / "compared", "--lang", "zh", "--quiet")
    _, body = shown(work / "compared" / "changes.html", work / "profile")
    for word in ("取消事项 step", "11,645.00", "共 9 笔", "+670.00", "Grants, &lt;i&gt;draft&lt;/i&gt;"):
        check(word in body, "the comparison does not show", word)
    check("<img" not in body and "<i>draft" not in body, "a text became part of the page of a comparison")


with tempfile.TemporaryDirectory(prefix="pol_page.") as name:
    place = pathlib.Path(name)
    ledger(place)
    test_audit(place)
    test_many(place)
    test_compare(place)
for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
