#!/usr/bin/env python3
"""Messages come in the language that is asked for; what machines read is the same in either.

  languages.py BIN_DIR SOURCE_DIR
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

binaries, source = (pathlib.Path(word).resolve() for word in sys.argv[1:])
wrong = []
CHINESE = re.compile("[\u4e00-\u9fff]")
BROKEN = """policy rent "甲" { effective from 2024-01-01 to 2025-12-31 }
applicant { kind: enum { a, b } }
claim { cost: money }
clause 1 {
  item aid for a {
    require enough: csot > 3元
    award 30% of cost
  }
}
"""


def expect(condition, what):
    if not condition:
        wrong.append(what)


def run(program, *words, **more):
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")}
    done = subprocess.run([binaries / program, *words], capture_output=True, timeout=120, env={**environment, **more})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def choice(folder):
    """By --lang, else by the locale as gettext reads it."""
    path = str(folder / "broken.pol")
    chinese, english = "错误[E0201]: 未知名称 `csot`", "error[E0201]: unknown name `csot`"
    for what, words, more, wanted in (
            ("nothing", [], {}, english),
            ("--lang=zh", ["--lang=zh"], {}, chinese),
            ("--lang zh", ["--lang", "zh"], {"LC_ALL": "C"}, chinese),
            ("--lang=en", ["--lang=en"], {"LC_ALL": "zh_CN.UTF-8"}, english),
            ("LC_ALL", [], {"LC_ALL": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, chinese),
            ("LANG", [], {"LANG": "zh_CN.UTF-8"}, chinese),
            ("LC_ALL before LANG", [], {"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, english),
            ("LANGUAGE", [], {"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, chinese),
            ("LANGUAGE without a locale", [], {"LC_ALL": "C", "LANGUAGE": "zh_CN"}, english)):
        code, _, messages = run("polc", "check", path, *words, **more)
        expect(code == 1 and wanted in messages, f"{what}: {messages[:60]!r}")
    expect("建议: 是否想写 `cost`？" in run("polc", "--lang=zh", "check", path)[2], "before the command")
    expect(run("polc", "check", path, "--lang=fr")[0] == 2, "--lang=fr is taken")


def every_help():
    for program in ("polc", "polrun"):
        general = run(program, "--help")[1]
        for command in re.findall(r"^  ([a-z]+)  +\S", general, re.M):
            code, text, _ = run(program, command, "--help", "--lang=zh")
            expect(code == 0 and text.startswith("用法：") and CHINESE.search(text), f"{program} {command} --help")
            for line in text.splitlines():
                width = sum(2 if ord(letter) > 0x2e7f else 1 for letter in line)
                expect(width <= 80, f"{program} {command} --help: {width} columns: {line}")


def machines(folder):
    """Results are the same bytes; codes, places and fingerprints the same."""
    policy = str(source / "policies/dongyang.pol")
    run("polc", "build", policy, "-o", str(folder / "p.so"))
    results = []
    for language in ("en", "zh"):
        out, here = folder / language, f"--lang={language}"
        run("polrun", "generate", str(folder / "p.so"), "--claims=400", "--bad=100", f"--out={out}", here)
        ledger = [f"--claims={out}/claims.csv", f"--applicants={out}/applicants.csv"]
        code, summary, _ = run("polrun", "audit", str(folder / "p.so"), *ledger, f"--out={out}/native", here)
        expect(code == 0 and bool(CHINESE.search(summary.split("\n")[3])) == (language == "zh"), f"summary in {language}")
        run("polc", "run", policy, *ledger, f"--out={out}/meaning", here)
        # invalid.csv names the files that it speaks of
        files = [path.read_bytes().replace(str(out).encode(), b"") for path in sorted(out.rglob("*.csv"))]
        found = json.loads(run("polc", "check", "--format=json", str(folder / "broken.pol"), here)[1])
        expect(found["language"] == language, f"json says {found['language']}")
        kept = [[d["code"], d["start"], d["fingerprint"]] for d in found["diagnostics"]]
        results.append((files, kept))
        text = run("polc", "test", policy, here)[1]
        expect(("全部符合预期" in text) == (language == "zh"), f"polc test in {language}")
    expect(len(results[0][0]) >= 6 and results[0] == results[1], "results differ with the language")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "broken.pol").write_text(BROKEN, "utf-8")
        choice(folder)
        every_help()
        machines(folder)
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


main()
