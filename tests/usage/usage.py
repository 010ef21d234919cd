#!/usr/bin/env python3
"""Wrong options and odd files: what polrun and polc say, and how they end.

  usage.py BIN_DIR SOURCE_DIR
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unicodedata

binaries, source = (pathlib.Path(word).resolve() for word in sys.argv[1:])
wrong = []
POLICY = """policy rent "甲" { effective from 2024-01-01 to 2025-12-31 }
parameter share "比例" as "ratio": rate range 0 to 1 default 0.3
applicant { kind: enum { a, b } }
claim { cost: money }
clause 1 {
  item aid for a {
    require enough: cost > 3元
    award share of cost
  }
}
"""
CLAIMS = "claim_id,applicant_id,item,date,paid,cost\nC1,A,aid,2024-03-01,,100\nC2,A,aid,2024-03-02,,200\n"
APPLICANTS = "applicant_id,year,kind\nA,2024,a\n"


def run(program, *words):
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")}
    return subprocess.run([binaries / program, *words], capture_output=True, timeout=120, env=environment)


def check(what, program, words, code, says=""):
    """Ends with `code`, and says so on standard error."""
    done = run(program, *(str(word) for word in words))
    said = done.stderr.decode(errors="replace")
    if done.returncode != code or says not in said:
        wrong.append(f"{what}: ends with {done.returncode}, not {code}, or does not say {says!r}: {said[-400:]}")


def helps():
    """Each help fits a terminal of 80 columns, in either language, and is the whole of what is written."""
    commands = {"polrun": ["audit", "targets", "report", "compare", "explain", "info", "generate"],
                "polc": ["check", "build", "test", "run", "doc", "fmt", "diff", "try"]}
    for program, names in commands.items():
        for words in [["--help"], *([name, "--help"] for name in names)]:
            for language in ("en", "zh"):
                done = run(program, f"--lang={language}", *words)
                lines = done.stdout.decode().splitlines()
                wide = [line for line in lines if sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line) > 80]
                if done.returncode != 0 or done.stderr or len(lines) < 5 or wide:
                    wrong.append(f"{program} {words} {language}: {done.returncode} {done.stderr!r} {wide}")


def repeated(folder, policy, built):
    """One parameter twice is refused, under either of its names; so is what would drop a file or a claim."""
    ledger = [f"--claims={folder}/claims.csv", f"--applicants={folder}/applicants.csv"]
    out = f"--out={folder}/out"
    twice = ["--param=share=0.2", "--param=ratio=0.4"]
    says = "sets one parameter twice, by 'share=0.2' and by 'ratio=0.4'"
    check("audit", "polrun", ["audit", built, *ledger, out, *twice], 2, f"option '--param' {says}")
    check("same value", "polrun", ["audit", built, *ledger, out, "--param=share=0.2", "--param= share =0.2"], 2,
          "twice")
    check("explain", "polrun", ["explain", built, *ledger, "--claim=C1", *twice], 2, says)
    check("compare", "polrun", ["compare", built, *ledger, "--versus=share=0.2", "--versus=ratio=0.4"], 2,
          f"option '--versus' {says}")
    check("the other value", "polrun", ["compare", built, *ledger, "--param=share=0.2", "--versus=ratio=0.4"], 0)
    check("two claims", "polrun", ["explain", built, *ledger, "--claim=C1", "--claim=C2"], 2,
          "option '--claim' is given twice, as 'C1' and 'C2'")
    check("items", "polrun", ["generate", built, "--claims=3", "--items=aid", "--items=aid", out], 2,
          "option '--items' is given twice")
    check("threads", "polrun", ["audit", built, *ledger, out, "--threads=2", "--threads=1", "--quiet"], 0)
    says = "one parameter is set twice, by 'share=0.2' and by 'ratio=0.4'"
    check("run", "polc", ["run", policy, *ledger, out, *twice], 2, says)
    check("try", "polc", ["try", policy, "aid", "kind=a", "date=2024-03-01", "cost=9元", *twice], 2, says)
    check("diff", "polc", ["diff", policy, policy, *ledger, *twice], 2, says)
    check("run, two files", "polc", ["run", policy, *ledger, ledger[0], out], 2,
          "one ledger file of a kind is read: '" + ledger[0][9:] + "' is one too many")


def garbled(folder, built):
    """Cells that are not of the encoding are listed, counted once, and another encoding is named."""
    cells = {"utf8": "市级".encode(), "gb": "市级".encode("gb18030"), "neither": b"\x81\x20\xff"}
    for name, cell in cells.items():
        (folder / f"{name}.csv").write_bytes(CLAIMS.encode().replace(b"C1,A,aid,2024-03-01,,100", b"C1,A,aid,2024-03-01,,"
                                             + cell).replace(b"C2,A,aid", b"C2,A," + cell))
    doubt = "cells that were refused are no"
    for name, encoding, says in (
            ("gb", [], f"warning: 2 {doubt} UTF-8, the first in {folder}/gb.csv: if the file is GB18030, give "
                       "--encoding=gb18030\n"),
            ("gb", ["--encoding=utf-8"], None),
            ("gb", ["--encoding=gb18030"], None),
            ("utf8", [], None),
            ("neither", ["--encoding=gb18030"], f"warning: 2 {doubt} GB18030, the first in {folder}/neither.csv: if the "
                                                "file is UTF-8, leave out --encoding=gb18030\n")):
        out = folder / f"out-{name}{len(encoding)}"
        done = run("polrun", "audit", built, f"--claims={folder}/{name}.csv", f"--applicants={folder}/applicants.csv",
                   f"--out={out}", "--quiet", *encoding)
        said = done.stderr.decode()
        if done.returncode != 0 or said.count(doubt) != (says is not None) or (says or "") not in said:
            wrong.append(f"{name} {encoding}: {done.returncode} {said!r}")
        listed = (out / "invalid.csv").read_bytes().splitlines()[1:]
        reasons = [line.split(b",")[3] for line in listed]
        if reasons != [b"bad_value", b"unknown_item"]:
            wrong.append(f"{name} {encoding}: {listed!r}")


def first_words(policy, built):
    """The language before the command, `help`, and what stands where a command or another file belongs."""
    check("no language", "polrun", ["--lang"], 2, "option '--lang' needs a value")
    check("another language", "polrun", ["--lang=fr", "info", built], 2, "takes en or zh, not 'fr'")
    check("another language", "polc", ["--lang", "fr", "check", policy], 2, "--lang takes en or zh")
    check("two words", "polrun", ["--lang", "zh", "info", built], 0)
    for program, command in (("polrun", "explain"), ("polc", "fmt")):
        told = run(program, "help", command).stdout
        if told != run(program, command, "--help").stdout or told == run(program, "help").stdout:
            wrong.append(f"{program} help {command}: {told!r}")
    check("no such help", "polrun", ["help", "explian"], 2, "did you mean 'explain'?")
    check("no such help", "polc", ["help", "chekc"], 2, "did you mean 'check'?")
    check("no command", "polc", [policy], 2, f"a command comes first, as in 'polc check {policy}'")
    check("source for object", "polrun", ["info", policy], 3, f"'{policy}' is the source of a policy")
    check("no such source", "polrun", ["info", f"{policy}.pol"], 3, "No such file or directory")
    check("object for source", "polc", ["check", built], 3, f"cannot read {built}: it is compiled")
    check("file for folder", "polrun", ["report", policy], 3, "give the folder that the audit wrote to, not a file")
    check("nothing to set", "polc", ["diff", policy, policy, "--param=share=0.1"], 2, "are about a ledger")
    check("nothing to set", "polc", ["run", policy, "--indicators=x", "--out=y", "--as-of=2024"], 2, "are about claims")


def headers(folder, policy, built):
    """Files that are no ledger: why, and what to do. What is not seen is not printed."""
    lacks = "the header lacks the columns `claim_id`, `applicant_id`, `item`, `date`; "
    row = CLAIMS.encode()
    cases = {
        "full-width": (row.replace(b",", "，".encode()), lacks + "its commas are full-width: save the file with `,`"),
        "utf-16": (CLAIMS.encode("utf-16"), lacks + "the file may be UTF-16: save it as UTF-8"),
        "utf-16be": (CLAIMS.encode("utf-16-be"), lacks + "the file may be UTF-16: save it as UTF-8"),
        "program": (b"\x7fELF\2\1\1" + bytes(50), lacks + "it holds NUL bytes: it is no file of text"),
        "two marks": (b"\xef\xbb\xbf" * 2 + row, "lacks the column `claim_id`, and has `?claim_id`"),
        "turned": (row.replace(b"cost\n", "cost,\u202e\n".encode(), 1), None),
        "returns": (row.replace(b"\n", b"\r"), "line 1: lines end with a carriage return alone"),
    }
    ledger = [f"--applicants={folder}/applicants.csv", f"--out={folder}/out"]
    for name, (text, says) in cases.items():
        (folder / "odd.csv").write_bytes(text)
        check(name, "polrun", ["audit", built, f"--claims={folder}/odd.csv", *ledger], 3 if says else 0, says or "`?`")
        check(f"{name}, polc", "polc", ["run", policy, f"--claims={folder}/odd.csv", *ledger], 3 if says else 0,
              "" if says else "'?'")
    for columns, code in ((65536, 0), (65537, 3)):  # both readers have the same limit
        head, *rows = CLAIMS.splitlines()
        more = "".join(f",c{i}" for i in range(columns - 6))
        (folder / "wide.csv").write_text("\n".join([head + more, *rows]) + "\n")
        for program, words in (("polrun", ["audit", built]), ("polc", ["run", policy])):
            check(f"{columns} columns", program, [*words, f"--claims={folder}/wide.csv", *ledger], code)


def replaced(folder, policy, built):
    """What is read is not replaced by what is written."""
    mine = folder / "mine"
    mine.mkdir()
    for name, text in (("decisions.csv", CLAIMS), ("payments.csv", APPLICANTS), ("targets.csv", "indicator,year,value\n")):
        (mine / name).write_text(text)
    (folder / "link.csv").symlink_to(mine / "decisions.csv")
    says = "the results would take its place: give another folder for --out"
    claims, applicants = f"--claims={mine}/decisions.csv", f"--applicants={mine}/payments.csv"
    other = [f"--claims={folder}/claims.csv", f"--applicants={folder}/applicants.csv"]
    check("claims", "polrun", ["audit", built, claims, other[1], f"--out={mine}"], 2, f"decisions.csv: is read, and {says}")
    check("by a link", "polrun", ["audit", built, f"--claims={folder}/link.csv", other[1], f"--out={mine}/../mine"], 2, says)
    check("applicants", "polrun", ["audit", built, other[0], applicants, f"--out={mine}"], 2, f"payments.csv: is read, and {says}")
    check("targets", "polrun", ["targets", built, f"--indicators={mine}/targets.csv", f"--out={mine}"], 2, says)
    check("made", "polrun", ["generate", built, "--claims=3", f"--out={folder}/made"], 0)
    made = {path.name: path.read_bytes() for path in (folder / "made").iterdir()}
    (folder / "made/applicants.csv").unlink()
    for seed in (1, 2):
        check("made again", "polrun", ["generate", built, "--claims=3", f"--seed={seed}", f"--out={folder}/made"], 2,
              "made/claims.csv is there already, and a made ledger replaces nothing")
    left = {path.name: path.read_bytes() for path in (folder / "made").iterdir()}
    if sorted(made) != ["applicants.csv", "claims.csv"] or left != {"claims.csv": made["claims.csv"]}:
        wrong.append(f"made again: {sorted(made)}, then {sorted(left)}, or other bytes")
    says = "the results would take the place of a file that is read"
    check("run", "polc", ["run", policy, claims, other[1], f"--out={mine}"], 2, says)
    check("run, targets", "polc", ["run", policy, f"--indicators={mine}/targets.csv", f"--out={mine}"], 2, says)
    if (mine / "decisions.csv").read_text() != CLAIMS or (mine / "payments.csv").read_text() != APPLICANTS:
        wrong.append("a refused run has written")
    check("elsewhere", "polrun", ["audit", built, claims, applicants, f"--out={folder}/else", "--findings", "--quiet"], 0)
    found = folder / "else/findings.json"
    check("report", "polrun", ["report", folder / "else", "-o", found], 2, "is what the report is made of")
    check("report", "polrun", ["report", folder / "else"], 0)
    check("results over results", "polrun", ["audit", built, claims, applicants, f"--out={folder}/else", "--quiet"], 0)


def left_over(folder, built):
    """invalid.csv of an earlier run does not outlive one in which every row could be used."""
    (folder / "bad.csv").write_text(CLAIMS.replace("100", "x"))
    out = folder / "again"
    for name, there in (("bad", True), ("claims", False)):
        check(name, "polrun", ["audit", built, f"--claims={folder}/{name}.csv", f"--applicants={folder}/applicants.csv",
                               f"--out={out}", "--quiet"], 0)
        told = run("polrun", "audit", built, f"--claims={folder}/{name}.csv", f"--applicants={folder}/applicants.csv",
                   f"--out={out}").stdout.decode()
        if told.endswith(f"\nwhat could not be used, and why, stands in\n  {out}/invalid.csv\n") != there:
            wrong.append(f"{name}: {told[-200:]}")
        if (out / "invalid.csv").exists() != there:
            wrong.append(f"{name}: {sorted(path.name for path in out.iterdir())}")
    again = ["audit", built, f"--claims={folder}/claims.csv", f"--applicants={folder}/applicants.csv", f"--out={out}",
             "--quiet"]
    if run("polrun", *again, "--findings").stderr or run("polrun", *again, "--findings").stderr:
        wrong.append("an audit with findings warns of its own")
    check("old findings", "polrun", again, 0, f"{out}/findings.json is of an earlier audit; with --findings it is made anew")


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    policy, built = folder / "p.pol", folder / "p.so"
    policy.write_text(POLICY)
    (folder / "claims.csv").write_text(CLAIMS)
    (folder / "applicants.csv").write_text(APPLICANTS)
    helps()
    check("build", "polc", ["build", policy, "-o", built], 0)
    repeated(folder, policy, built)
    garbled(folder, built)
    first_words(policy, built)
    headers(folder, policy, built)
    replaced(folder, policy, built)
    left_over(folder, built)
print("\n".join(wrong) if wrong else "usage: as it should be")
sys.exit(1 if wrong else 0)
