#!/usr/bin/env python3
"""Every warning has a page in docs/lints; its bad example shows the finding, and its good one shows none.

  pages.py BIN_DIR SOURCE_DIR
"""
import os
import re
import subprocess
import sys
import tempfile


def findings(polc, folder, source):
    path = os.path.join(folder, "page.pol")
    with open(path, "w", encoding="utf-8") as file:
        file.write(source)
    run = subprocess.run([polc, "check", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    text = run.stdout.decode()
    return re.findall(r"(?:warning|error)\[([EW]\d+)\]", text), text


def look_at(code, title, polc, folder, pages):
    path = os.path.join(pages, code + ".md")
    if not os.path.exists(path):
        return [f"{code} has no page"]
    with open(path, encoding="utf-8") as file:
        page = file.read()
    wrong = []
    if not page.startswith(f"# {code}: {title}\n"):
        wrong.append(f"{code}: the page does not begin with its title: {title}")
    if "**Why.**" not in page:
        wrong.append(f"{code}: the page does not say why")
    bad = re.findall(r"\nBad:\n\n```pol\n(.*?)```\n", page, re.S)
    good = re.findall(r"\nGood:\n\n```pol\n(.*?)```\n", page, re.S)
    if len(bad) != 1 or len(good) != 1:
        return wrong + [f"{code}: the page needs one bad and one good example"]
    found, text = findings(polc, folder, bad[0])
    if code not in found or any(c.startswith("E") for c in found):
        wrong.append(f"{code}: the bad example does not show it:\n{text}")
    found, text = findings(polc, folder, good[0])
    if found:
        wrong.append(f"{code}: the good example is not clean:\n{text}")
    return wrong


def main():
    binaries, source = sys.argv[1:]
    pages = os.path.join(source, "docs", "lints")
    with open(os.path.join(source, "compiler", "base", "diag_codes.def"), encoding="utf-8") as file:
        codes = re.findall(r'^DIAG\(\w+, "(W\d+)", WARNING, "(.*)"\)', file.read(), re.M)
    with open(os.path.join(pages, "README.md"), encoding="utf-8") as file:
        listed = re.findall(r"^\| \[(W\d+)\]\((W\d+)\.md\) \| (.*) \|$", file.read(), re.M)
    wrong = [] if sorted((c, c, t) for c, t in codes) == sorted(listed) else ["README.md lists other findings"]
    with tempfile.TemporaryDirectory() as folder:
        for code, title in codes:
            wrong += look_at(code, title, os.path.join(binaries, "polc"), folder, pages)
    for line in wrong:
        print(line)
    print(f"{len(codes)} findings, {len(wrong)} mistakes")
    sys.exit(1 if wrong or not codes else 0)


main()
