#!/usr/bin/env python3
"""`polc check --fix` mends what is certain, and never changes what was right.

  fixes.py BIN_DIR SOURCE_DIR [--count N] [--seed S]

First cases worked out by hand: what becomes of each line. Then typing errors planted at random in the policies we ship, some
at a time: where the policy checks again afterwards it means what it meant (the same IR), and nearly always it is the same text.
"""
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

CASE = """policy fixes "fixes" {{ effective from 2021-01-01 }}
applicant {{ kind: enum {{ enterprise, agency }}  local: bool }}
claim {{ sales, cost, cost_a: money  level: enum {{ national "国家级", provincial "省级" }}  ok: bool  number, length: count }}
clause 1 {{
    item first for enterprise {{
        {line}
        award 50% of cost + cost_a
        once per object_id
    }}
    item second for agency {{ award sales once per object_id }}
    {rule}
}}
"""
SAME = None  # stays as it is
LINES = [
    ("require ok and sales >= 5元", SAME),
    ("requre ok and sales >= 5元", "require ok and sales >= 5元"),
    ("require ok and slaes >= 5元", "require ok and sales >= 5元"),
    ("require ok and salles >= 5元", "require ok and sales >= 5元"),
    ("require ok and saes >= 5元", "require ok and sales >= 5元"),
    ("require ok and tales >= 5元", SAME),  # a first letter makes another word
    ("require ok and cost_b >= 5元", SAME),  # so does a word of one letter
    ("require ok and cost1 >= 5元", SAME),
    ("require ok == yes", "require ok = yes"),
    ("require ok && sales >= 5元", "require ok and sales >= 5元"),
    ("require !ok", "require not ok"),
    ("require ok&&sales>=5元", "require ok and sales>=5元"),
    ("require ok and sаles >= 5元", "require ok and sales >= 5元"),  # a Cyrillic letter
    ("require ok and sa\u200bles >= 5元", "require ok and sales >= 5元"),
    ("require ok and sales >= 5元。", "require ok and sales >= 5元"),
    ("require level is \"国家级\"", "require level is national"),
    ("require level is provicnial", "require level is provincial"),
    ("require level in (national, provincail)", "require level in (national, provincial)"),
    ("require claim.local", "require local"),
    ("require applicant.sales >= 5元", "require sales >= 5元"),
    ("require number >= 5 or lenght >= 5", "require number >= 5 or length >= 5"),
    ("accept W0801 \"\u7406\u7531\"", ""),
    ("require foor(number) >= 5", "require floor(number) >= 5"),
    ("require celi(number) >= 5", "require ceil(number) >= 5"),
]
RULES = [
    ("cap 5万元 per applicant over first, second", SAME),
    ("cap 5万元 per applicant over first, second, first", "cap 5万元 per applicant over first, second"),
    ("cap 5万元 per applicant over first, scond", "cap 5万元 per applicant over first, second"),
    ("cap 5万元 per applicant, level, level over first, second", "cap 5万元 per applicant, level over first, second"),
    ("require local for enterprise, agencyy", "require local for enterprise, agency"),
    ("limit most: 5万元 per applicant, year except secnod", "limit most: 5万元 per applicant, year except second"),
]
wrong = []


def run(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return done.returncode, done.stdout.decode(errors="replace")


def write(path, text):
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def by_hand(polc, folder):
    path = os.path.join(folder, "case.pol")
    for lines, name in ((LINES, "line"), (RULES, "rule")):
        for given, wanted in lines:
            whole = {"line": "", "rule": ""}
            write(path, CASE.format(**whole | {name: given}))
            run(polc, "check", "--fix", path)
            expected = CASE.format(**whole | {name: given if wanted is SAME else wanted})
            if wanted == "":
                expected = expected.replace("        \n", "", 1)
            got = read(path)
            if got != expected:
                wrong.append(f"{given!r} became\n{got}")


def mode_and_links(polc, folder):
    target, link = os.path.join(folder, "target.pol"), os.path.join(folder, "link.pol")
    write(target, CASE.format(line="require slaes >= 5元", rule=""))
    os.chmod(target, 0o640)
    os.symlink("target.pol", link)
    code, said = run(polc, "check", "--fix", link)
    if code != 0 or "1 fix applied" not in said:
        wrong.append(f"a link: exit {code}: {said}")
    if not os.path.islink(link) or os.stat(target).st_mode & 0o777 != 0o640 or "sales >=" not in read(target):
        wrong.append("a link or its mode is lost")
    before = os.stat(target).st_mtime_ns
    code, said = run(polc, "check", "--fix", link)
    if os.stat(target).st_mtime_ns != before or "fix" in said:
        wrong.append("a file without fixes is written")
    write(os.path.join(folder, "part.pol"), "define half = 50% of slaes\n")
    write(target, 'include "part.pol"\n' + CASE.format(line="require half >= 5元", rule=""))
    run(polc, "check", "--fix", target)
    if read(os.path.join(folder, "part.pol")) != "define half = 50% of sales\n":
        wrong.append("a file that is included is not mended")


def damage(text, chance):
    """One typing error in a word of the rules, outside of strings and comments."""
    masked = re.sub(r'"(?:[^"\\\n]|\\.)*"|#[^\n]*', lambda m: " " * len(m.group()), text)
    words = [m for m in re.finditer(r"[A-Za-z_]{4,}", masked)]
    word = chance.choice(words)
    letters, kind = list(word.group()), chance.randrange(5)
    at = chance.randrange(1, len(letters) - 1)
    if kind == 0:
        letters[at], letters[at + 1] = letters[at + 1], letters[at]
    elif kind == 1:
        del letters[at]
    elif kind == 2:
        letters.insert(at, letters[at])
    elif kind == 3:
        letters[at] = chance.choice("abcdefghijklmnopqrstuvwxyz")
    else:
        letters[at] = {"a": "а", "e": "е", "o": "о", "c": "с", "p": "р", "x": "х"}.get(letters[at], letters[at])
    return text[:word.start()] + "".join(letters) + text[word.end():]


def at_random(polc, source, folder, count, seed):
    chance = random.Random(seed)
    names = ("policies/dongyang", "policies/lianzhou", "policies/ningbo", "examples/policies/green")
    right = {name: read(os.path.join(source, name + ".pol")) for name in names}
    whole = {}
    for name in names:
        shutil.copytree(os.path.join(source, os.path.dirname(name), "sources"), os.path.join(folder, "sources"),
                        dirs_exist_ok=True)
    path = os.path.join(folder, "random.pol")
    tally = {"mended": 0, "left": 0, "meant otherwise": 0, "not noticed": 0}
    for i in range(count):
        name = names[i % len(names)]
        text = right[name]
        if name not in whole:
            write(path, text)
            whole[name] = run(polc, "build", "--emit=ir", "-o", "-", path)[1]
        for _ in range(chance.randrange(1, 5)):
            text = damage(text, chance)
        write(path, text)
        if run(polc, "check", path)[0] == 0:
            tally["not noticed"] += 1  # a name that nothing else uses, or another letter for itself
            continue
        code, _ = run(polc, "check", "--fix", path)
        fixed = read(path)
        if fixed == right[name]:
            tally["mended"] += 1
        elif code == 0:
            ir = run(polc, "build", "--emit=ir", "-o", "-", path)[1]
            same = re.sub(r"[a-z_а-я]+", "", ir) == re.sub(r"[a-z_а-я]+", "", whole[name])
            tally["mended" if same else "meant otherwise"] += 1
            if not same:
                shutil.copy(path, os.path.join("/tmp", "fixes-differs.pol"))
        else:
            tally["left"] += 1
    print(", ".join(f"{word}: {number}" for word, number in tally.items()))
    if tally["meant otherwise"]:
        wrong.append("a policy that was mended means something else")
    if tally["mended"] * 2 < count:
        wrong.append("less than half is mended")


def main():
    binaries, source = sys.argv[1:3]
    rest = dict(zip(sys.argv[3::2], sys.argv[4::2]))
    polc = os.path.join(binaries, "polc")
    with tempfile.TemporaryDirectory() as folder:
        by_hand(polc, folder)
        mode_and_links(polc, folder)
        at_random(polc, source, folder, int(rest.get("--count", 80)), int(rest.get("--seed", 1)))
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


main()
