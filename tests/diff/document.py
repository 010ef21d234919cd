#!/usr/bin/env python3
"""What `polc diff --format=json` writes: these members with these values in this order.

  document.py BIN_DIR
"""
import json
import pathlib
import subprocess
import sys
import tempfile

OLD = r"""policy rent "甲" { effective from 2024-01-01 to 2025-12-31 }
applicant { kind: enum { a, b } }
claim { cost "费\\用": money }
clause 1 {
  item aid for a {
    award 30% of cost
  }
}
"""
NEW = OLD.replace("30%", "25%").replace(r"费\\用", r'费\\用\"x')
CLAIMS = "claim_id,applicant_id,item,date,paid,cost\nC1,A,aid,2024-03-01,,100\nC2,A,aid,2024-03-02,,0.10\nC\x013,A,aid,2024-03-02,,1\n"
APPLICANTS = "applicant_id,year,kind\nA,2024,a\n"
DIFFERENCES = [
    [("what", "field.label"), ("change", "changed"), ("decides", False), ("subject", "claim field cost, label"),
     ("old", r'“费\用”'), ("new", r'“费\用"x”'), ("text", r'claim field cost, label: “费\用” → “费\用"x”')],
    [("what", "award"), ("change", "changed"), ("decides", True), ("clause", "1"), ("item", "aid"), ("subject", "award"),
     ("old", "30% of cost"), ("new", "25% of cost"), ("text", "§1 award: 30% of cost → 25% of cost")],
]
LEDGER = [  # 30% and 25% of 100, of 0.10 (0.025 is rounded up) and of 1
    ("gain", [("claims", 0), ("old", "0.00"), ("new", "0.00"), ("difference", "0.00")]),
    ("lose", [("claims", 2), ("old", "30.30"), ("new", "25.25"), ("difference", "-5.05")]),
    ("same", [("claims", 1), ("old", "0.03"), ("new", "0.03"), ("difference", "0.00")]),
    ("all", [("claims", 3), ("old", "30.33"), ("new", "25.28"), ("difference", "-5.05")]),
    ("applicants", [("all", 1), ("gain", 0), ("lose", 1)]),
    ("by_clause_and_year", [[("clause", "1"), ("year", 2024), ("old", "30.33"), ("new", "25.28")]]),
    ("claims", [[("claim_id", "C1"), ("applicant_id", "A"), ("item", "aid"),
                 ("old", [("decision", "granted"), ("reason", "ok"), ("due", "30.00")]),
                 ("new", [("decision", "granted"), ("reason", "ok"), ("due", "25.00")])],
                [("claim_id", "C\x013"), ("applicant_id", "A"), ("item", "aid"),
                 ("old", [("decision", "granted"), ("reason", "ok"), ("due", "0.30")]),
                 ("new", [("decision", "granted"), ("reason", "ok"), ("due", "0.25")])]]),
]


def document(binaries, folder, *words):
    done = subprocess.run([binaries / "polc", "diff", "old.pol", "new.pol", "--lang=en", "--format=json", *words],
                          cwd=folder, capture_output=True, timeout=60)
    if done.returncode != 1 or not done.stdout.endswith(b"}\n"):
        raise SystemExit(f"ends with {done.returncode}: {done.stderr.decode()} {done.stdout.decode()}")
    return json.loads(done.stdout.decode(), object_pairs_hook=list)


def expect(found, wanted, what):
    if json.dumps(found) != json.dumps(wanted):
        raise SystemExit(f"{what}:\n{json.dumps(found, ensure_ascii=False)}\n{json.dumps(wanted, ensure_ascii=False)}")


def main():
    binaries = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "old.pol").write_text(OLD)
        (folder / "new.pol").write_text(NEW)
        (folder / "claims.csv").write_bytes(CLAIMS.encode("latin-1"))
        (folder / "applicants.csv").write_text(APPLICANTS)
        plain = [("old", "old.pol"), ("new", "new.pol"), ("language", "en"), ("may_change_decisions", 1),
                 ("differences", DIFFERENCES), ("renamed", [])]
        expect(document(binaries, folder), plain, "without a ledger")
        ledger = document(binaries, folder, "--claims=claims.csv", "--applicants=applicants.csv")
        expect(ledger, [*plain, ("ledger", LEDGER)], "with a ledger")
    print("the document is as it should be")


main()
