#!/usr/bin/env python3
"""Pairs of policies and what `polc diff` says of them.

  run_diff.py BIN_DIR CASES [--update]

CASES is a text file beside its `base.pol`. A case is a heading `## name`, edits of the base (lines `-old`, then `+new`;
the old text stands once in it), and the lines expected: `en …` and `zh …` in each language, in order, without the line
that counts; a case without them is no difference. `= a, b` gives the number of differences and of those that may
change decisions. --update writes what is printed, for review as a diff.
"""
import os
import subprocess
import sys
import tempfile


def read_cases(path):
    cases, case = [], None
    for line in open(path, encoding="utf-8").read().splitlines():
        if line.startswith("## "):
            case = {"name": line[3:], "edits": [], "en": [], "zh": [], "count": None}
            cases.append(case)
        elif case is not None and line[:1] in "-+" and line:
            edits = case["edits"]
            if line[0] == "-" and (not edits or edits[-1][1]):
                edits.append(([], []))
            edits[-1]["-+".index(line[0])].append(line[1:])
        elif case is not None and line[:3] in ("en ", "zh "):
            case[line[:2]].append(line[3:])
        elif case is not None and line.startswith("= "):
            case["count"] = line[2:]
    return cases


def edited(case, text):
    for old, new in case["edits"]:
        before, after = "\n".join(old), "\n".join(new)
        if text.count(before) != 1:
            raise SystemExit(f"{case['name']}: stands {text.count(before)} times in the base: {before}")
        text = text.replace(before, after)
    return text


def run(binaries, language, base, path):
    environment = dict(os.environ, LC_ALL="C.UTF-8")
    done = subprocess.run([os.path.join(binaries, "polc"), "diff", "--lang", language, base, path], env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
    lines = done.stdout.decode("utf-8").splitlines()
    if done.returncode not in (0, 1):
        raise SystemExit("\n".join([f"exit {done.returncode}"] + lines))
    differs = done.returncode == 1
    numbers = [int(word) for word in lines[-1].replace("共", "").split() if word.isdigit()] if differs else [0, 0]
    shown = lines[:-2] if differs else [line for line in lines[1:] if line]
    return shown, f"{numbers[0]}, {numbers[1]}", differs


def main():
    binaries, path = os.path.abspath(sys.argv[1]), sys.argv[2]
    base = os.path.join(os.path.dirname(os.path.abspath(path)), "base.pol")
    text, wrong, out = open(base, encoding="utf-8").read(), 0, []
    for case in read_cases(path):
        with tempfile.TemporaryDirectory() as folder:
            new = os.path.join(folder, "new.pol")
            open(new, "w", encoding="utf-8").write(edited(case, text))
            results = {language: run(binaries, language, base, new) for language in ("en", "zh")}
        out.append(f"## {case['name']}")
        for old, new in case["edits"]:
            out += ["-" + line for line in old] + ["+" + line for line in new]
        for language, (shown, count, differs) in results.items():
            out += [f"{language} {line}" for line in shown]
            if shown != case[language] or (count != (case["count"] or "0, 0")) or differs != (case["count"] is not None):
                wrong += 1
                print(f"{case['name']} ({language}): expected", *case[language], case["count"] or "no difference",
                      "but this is printed", *shown, count, sep="\n  ")
        if results["en"][2]:
            out.append(f"= {results['en'][1]}")
        out.append("")
    if "--update" in sys.argv:
        open(path, "w", encoding="utf-8").write("\n".join(out).rstrip() + "\n")
        return
    sys.exit(1 if wrong else 0)


main()
