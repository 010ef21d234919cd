#!/usr/bin/env python3
"""Documents for machines: what stands in them, that they are valid, and that they stay so.

  check_formats.py BIN_DIR SOURCE_DIR WORK_DIR

SARIF is validated against its schema, which WORK_DIR keeps; it comes from a package of the registry of npm, pinned by
its digest. Without npm or a network that one check is left out, and said so.
"""
import hashlib
import io
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import xml.dom.minidom

PACKAGE = "@microsoft/jest-sarif@1.0.0-beta.0"
DIGEST = ("0357ce84f77a21ce620e4e05f583f0d6a341e1717eefe22f891ef197caf617a4"
          "33424c7972963d2ec1a4dab1318852047016e3a559d29b058606e9004a4890f4")
MEMBER = "package/lib/schemas/sarif-2.1.0-rtm.5.json"

binaries, source, work = (pathlib.Path(word).resolve() for word in sys.argv[1:])
wrong = []


def expect(condition, what):
    if not condition:
        wrong.append(what)


def polc(*words, cwd=None, check=None, limit=None):
    def bound():
        if limit:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run([binaries / "polc", *words], cwd=cwd, capture_output=True, timeout=120, env=environment,
                          preexec_fn=bound)
    if check is not None:
        expect(done.returncode == check, f"polc {' '.join(map(str, words))}: exit {done.returncode}, not {check}")
    return done


POLICY = """policy rent "租金" {
    effective from 2024-01-01 to 2026-12-31
}
applicant { kind "类型": enum { enterprise "企业", individual "个人" } }
claim     { rent "年租金": money }
clause 第三条 "租金补助" {
    item rent_aid for enterprise {
        award 30% of rent at most 5万元 once per applicant, year
    }
    example "<甲> & \\"乙\\"" {
        applicant A 2024 { kind enterprise }
        claim c1 rent_aid by A on 2024-03-01 { rent 10万元 }
        expect c1 granted 3万元
    }
    example "<甲> & \\"乙\\"" {
        applicant A 2024 { kind enterprise }
        claim c1 rent_aid by A on 2024-03-01 { rent 10万元 }
        expect c1 granted 4万元
    }
}
"""
# A character beyond the basic plane, "𠮷", stands before the unknown names: it is one column, and two units of UTF-16.
BROKEN = POLICY.replace("award 30% of rent at most 5万元", "require 𠮷: rnet > 0元 and rnet < 9元\n"
                        "        award 30% of rent at most 5万元")


def schema():
    kept = work / "sarif-2.1.0.json"
    if not kept.exists() and shutil.which("npm"):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, capture_output=True, timeout=100,
                           check=False)
            for archive in pathlib.Path(folder).glob("*.tgz"):
                data = archive.read_bytes()
                if hashlib.sha512(data).hexdigest() != DIGEST:
                    expect(False, f"{PACKAGE} is not what it was")
                    continue
                with tarfile.open(fileobj=io.BytesIO(data)) as tar:
                    kept.write_bytes(tar.extractfile(MEMBER).read())
    return json.loads(kept.read_text("utf-8")) if kept.exists() else None


def validate(sarif, what, known=[]):
    try:
        import jsonschema
    except ImportError:
        jsonschema = None
    if not known:
        known.append(schema())
        if not known[0] or not jsonschema:
            print("the schema of SARIF or python3-jsonschema is not at hand: not validated against it")
    if known[0] and jsonschema:
        for error in jsonschema.Draft4Validator(known[0]).iter_errors(sarif):
            expect(False, f"{what}: {'/'.join(map(str, error.path))}: {error.message}")


def json_document(folder):
    done = polc("check", "--format=json", "broken.pol", "good.pol", "none.pol", cwd=folder, check=3)
    expect(done.stderr == b"", "json: something on standard error")
    document = json.loads(done.stdout)
    expect([document[key] for key in ("format", "version", "exit", "errors")] == ["pol-check", 1, 3, 2], "json: head")
    expect([file["status"] for file in document["files"]] == ["found", "clean", "unusable"], "json: status")
    good = document["files"][1]
    expect([good[key] for key in ("clauses", "items", "targets", "examples")] == [1, 1, 0, 2], "json: counts")
    first, second, third = document["diagnostics"]
    expect((first["code"], first["severity"], first["clause"], first["item"]) == ("E0201", "error", "第三条", "rent_aid"),
           "json: the unknown name")
    # `        require 𠮷: rnet`: eight blanks, "require ", the character, ": "
    expect(first["start"] == {"line": 8, "column": 20, "utf16": 21,
                              "offset": BROKEN.encode().index(b"rnet")}, f"json: start {first['start']}")
    expect(first["end"]["column"] == 24 and first["end"]["utf16"] == 25, "json: end")
    expect(first["fingerprint"][:-1] == second["fingerprint"][:-1] and first["fingerprint"].endswith(":1")
           and second["fingerprint"].endswith(":2"), "json: fingerprints of equals")
    expect(third["code"] == "E0001" and third["file"] == "none.pol" and "start" not in third, "json: unreadable file")
    clean = json.loads(polc("check", "--format=json", "good.pol", cwd=folder, check=0).stdout)
    expect(clean["diagnostics"] == [] and clean["exit"] == 0, "json: clean")


def accepted(folder):
    """What a policy accepts is told apart from what is found: with its reason, and without counting."""
    policy = POLICY.replace("once per applicant, year", 'accept W0807 "每季一次"')
    (folder / "accepts.pol").write_text(policy, "utf-8")
    polc("check", "accepts.pol", cwd=folder, check=0)
    document = json.loads(polc("check", "--format=json", "accepts.pol", "broken.pol", cwd=folder, check=1).stdout)
    expect([(d["code"], d["accepted"]) for d in document["accepted"]] == [("W0807", "每季一次")], "json: accepted")
    expect([d["code"] for d in document["diagnostics"]] == ["E0201", "E0201"] and document["warnings"] == 0, "json: beside accepted")
    document = json.loads(polc("check", "--format=sarif", "accepts.pol", "broken.pol", cwd=folder, check=1).stdout)
    validate(document, "sarif with a suppression")
    shown = [(r["ruleId"], r["suppressions"]) for r in document["runs"][0]["results"]]
    expect(shown == [("E0201", []), ("E0201", []), ("W0807", [{"kind": "inSource", "justification": "每季一次"}])],
           f"sarif: accepted {shown}")


def fingerprints(folder):
    def of(name):
        document = json.loads(polc("check", "--format=json", name, cwd=folder, check=1).stdout)
        return [d["fingerprint"] for d in document["diagnostics"]]
    (folder / "moved.pol").write_text("# one line\n\n# and more\n" + BROKEN.replace("    ", "\t "), "utf-8")
    (folder / "other.pol").write_text(BROKEN.replace("第三条", "第四条"), "utf-8")
    expect(of("broken.pol") == of("moved.pol"), "fingerprints: changed with lines that moved")
    expect(not set(of("broken.pol")) & set(of("other.pol")), "fingerprints: the same in another clause")


def sarif_document(folder):
    inner = folder / "内 部"
    inner.mkdir()
    done = polc("check", "--format=sarif", "../broken.pol", "./p a.pol", "none.pol", cwd=inner, check=3)
    document = json.loads(done.stdout)
    validate(document, "sarif")
    run = document["runs"][0]
    expect(run["columnKind"] == "utf16CodeUnits" and not run["invocations"][0]["executionSuccessful"], "sarif: run")
    uris = [artifact["location"]["uri"] for artifact in run["artifacts"]]
    expect(uris == [(folder / "broken.pol").as_uri(), "p%20a.pol", "none.pol"], f"sarif: {uris}")
    first = run["results"][0]
    region = first["locations"][0]["physicalLocation"]["region"]
    expect(region == {"startLine": 8, "startColumn": 21, "endLine": 8, "endColumn": 25}, f"sarif: {region}")
    fixed = json.loads(polc("check", "--format=sarif", "look.pol", cwd=folder, check=1).stdout)
    validate(fixed, "sarif with a fix")
    first = fixed["runs"][0]["results"][0]
    region = first["locations"][0]["physicalLocation"]["region"]
    replacement = first["fixes"][0]["artifactChanges"][0]["replacements"][0]
    expect(replacement == {"deletedRegion": region, "insertedContent": {"text": "and"}}, "sarif: fix")
    expect(set(first["partialFingerprints"]) == {"polFinding/v1", "primaryLocationLineHash"}, "sarif: fingerprints")
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        rule = rules[result["ruleIndex"]]
        expect(rule["id"] == result["ruleId"] and rule["help"]["text"] and rule["shortDescription"]["text"],
               f"sarif: rule {result['ruleId']}")
    expect(run["originalUriBaseIds"]["SRCROOT"]["uri"] == inner.as_uri() + "/", "sarif: working directory")
    twice = polc("check", "--format=sarif", "twice.pol", cwd=folder, check=1)
    related = json.loads(twice.stdout)["runs"][0]["results"][0]["relatedLocations"]
    validate(json.loads(twice.stdout), "sarif with labels")
    expect(related[0]["physicalLocation"]["region"]["startLine"] == 5 and related[0]["message"]["text"], "sarif: labels")
    clean = json.loads(polc("check", "--format=sarif", "good.pol", cwd=folder, check=0).stdout)
    validate(clean, "clean sarif")
    expect(clean["runs"][0]["results"] == [], "sarif: clean")


def output_file(folder):
    done = polc("check", "--format=sarif", "-o", "out.sarif", "broken.pol", cwd=folder, check=1)
    expect(b"error[E0201]" in done.stderr and done.stdout == b"", "--output: no text beside it")
    expect(len(json.loads((folder / "out.sarif").read_text("utf-8"))["runs"][0]["results"]) == 2, "--output: sarif")
    polc("check", "--format=sarif", "-o", "no/such/folder", "good.pol", cwd=folder, check=4)
    polc("check", "--format=xml", "good.pol", cwd=folder, check=2)
    polc("check", "-o", "x", "good.pol", cwd=folder, check=2)
    polc("test", "--format=junit", "--coverage", "good.pol", cwd=folder, check=2)
    expect(not (folder / "x").exists(), "--output: written for text")


def github(folder):
    done = polc("check", "--format=github", "broken.pol", "a,b:c%.pol", cwd=folder, check=3)
    lines = done.stdout.decode().split("\n")
    expect(len(lines) == 4 and lines[3] == "", f"github: {len(lines)} lines")
    expect(lines[0].startswith("::error file=broken.pol,line=8,endLine=8,col=20,endColumn=24,title=E0201 "),
           f"github: {lines[0]}")
    expect("%0Ahelp: " in lines[0] or "%0Afix: " in lines[0] or "%0Anote: " in lines[0], "github: remarks")
    expect(lines[2].startswith("::error file=a%2Cb%3Ac%25.pol,title=E0001 "), f"github: {lines[2]}")
    expect(polc("check", "--format=github", "good.pol", cwd=folder, check=0).stdout == b"", "github: clean")


def junit(folder):
    done = polc("test", "--format=junit", "good.pol", "broken.pol", "none.pol", cwd=folder, check=3)
    (folder / "junit.xml").write_bytes(done.stdout)
    if shutil.which("xmllint"):
        checked = subprocess.run(["xmllint", "--noout", "--schema", source / "tests/formats/junit.xsd", "junit.xml"],
                                 cwd=folder, capture_output=True, timeout=60)
        expect(checked.returncode == 0, f"junit: {checked.stderr.decode()}")
    root = xml.dom.minidom.parseString(done.stdout).documentElement
    expect([root.getAttribute(key) for key in ("tests", "failures", "errors")] == ["4", "1", "2"], "junit: counts")
    cases = root.getElementsByTagName("testcase")
    expect([case.getAttribute("name") for case in cases] == ['<甲> & "乙"', '<甲> & "乙" (2)', "check", "check"],
           "junit: names")
    expect(cases[0].getAttribute("classname") == "rent.第三条" and not cases[0].childNodes[0:1], "junit: class")
    failure = cases[1].getElementsByTagName("failure")[0]
    text = failure.firstChild.data
    expect("good.pol:18:" in text and "expected: granted 40000\n" in text and "found:    granted 30000 (rent_aid.award)\n" in text,
           f"junit: {text}")
    expect("E0201" in cases[2].getElementsByTagName("error")[0].firstChild.data, "junit: a policy that does not check")
    both = polc("test", "--format=junit", "-o", "both.xml", "--coverage", "good.pol", cwd=folder, check=1)
    expect(b"difference" in both.stdout and b"touched" in both.stdout, "junit: no text beside it")
    expect("coverage" not in (folder / "both.xml").read_text("utf-8"), "junit: coverage in it")


def hostile(folder):
    """Bytes that are no text, control characters, memory that runs out: documents stay valid."""
    bad = POLICY.encode().replace("租金补助".encode(), b"\xff\xfe\x01\x1b[31m") + b"\x00\xf0\x28 @@"
    (folder / "bytes.pol").write_bytes(bad)
    for words in (["check", "--format=json"], ["check", "--format=sarif"]):
        json.loads(polc(*words, "bytes.pol", cwd=folder).stdout)
    name = "x\x01\n\x7f<.pol"
    (folder / name).write_text(POLICY.replace("甲", "甲\x02\x1b"), "utf-8")
    xml.dom.minidom.parseString(polc("test", "--interpreter", "--format=junit", name, cwd=folder).stdout)
    lines = polc("check", "--format=github", name, "nothing" + name, cwd=folder).stdout.decode().splitlines()
    expect(all(line.startswith("::") for line in lines) and lines, "github: a name of two lines")
    for megabytes in (9, 10, 11, 12, 14):
        for form in ("json", "sarif"):
            done = polc("check", f"--format={form}", "broken.pol", cwd=folder, limit=megabytes << 20)
            if done.returncode in (1, 4):
                json.loads(done.stdout)


def main():
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name).resolve()
        (folder / "good.pol").write_text(POLICY, "utf-8")
        (folder / "broken.pol").write_text(BROKEN, "utf-8")
        (folder / "twice.pol").write_text(POLICY.replace("money }", "money\n rent \"再\": money }"), "utf-8")
        (folder / "look.pol").write_text(POLICY.replace("award 30%", "require rent != 1元 && rent > 0元\n award 30%"), "utf-8")
        json_document(folder)
        accepted(folder)
        fingerprints(folder)
        sarif_document(folder)
        output_file(folder)
        github(folder)
        junit(folder)
        hostile(folder)
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


main()
