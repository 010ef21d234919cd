#!/usr/bin/env python3
"""The policies we ship do not differ from themselves: as they are, with keywords in the other language, with their
clauses and the statements of their items in another order. shipped.py BIN_DIR POLICY.pol..."""
import os
import random
import re
import subprocess
import sys
import tempfile

OPENS = {"{": "}", "｛": "｝"}
QUOTES = {'"': '"', "“": "”", "「": "」", "『": "』"}


def end_of(text, at):
    """Behind the string, comment or character at `at`."""
    if text[at] in "#＃":
        return (text.find("\n", at) + 1) or len(text)
    if text[at] in QUOTES:
        return text.index(QUOTES[text[at]], at + 1) + 1
    return at + 1


def block(text, at):
    """Behind the block whose brace opens at `at`."""
    depth = 0
    while True:
        depth += text[at] in OPENS
        depth -= text[at] in OPENS.values()
        at = end_of(text, at)
        if depth == 0:
            return at


def shuffled(text, words, inner=None):
    """The blocks that begin with one of the words, at the top level of `text`, in another order."""
    starts = re.compile(r"(?:%s)[ 第（\"]" % "|".join(words))
    spans, at = [], 0
    while at < len(text):
        here = starts.match(text, at)
        brace = at
        while here and brace < len(text) and text[brace] not in OPENS and text[brace] != "\n":
            brace = end_of(text, brace)
        if here and brace < len(text) and text[brace] in OPENS:
            spans.append((at, block(text, brace), brace))
            at = spans[-1][1]
        elif text[at] in OPENS:
            at = block(text, at)
        else:
            at = end_of(text, at)
    pieces = []
    for first, last, brace in spans:
        piece = text[first:last]
        if inner:
            head = brace - first + 1
            piece = piece[:head] + inner(piece[head:-1]) + piece[-1]
        pieces.append(piece)
    random.shuffle(pieces)
    out, at = "", 0
    for (first, last, _), piece in zip(spans, pieces):
        out += text[at:first] + piece
        at = last
    return out + text[at:]


def statements(body):
    """The statements of an item that stand on a line of their own."""
    words = r"\s*(?:require|once|ladder|less|cap|award|quote|reading|needs|要求|不重复|不重復|晋级|晉級|扣除|封顶|封頂|奖励|獎勵|原文|释义|釋義) "
    lines = body.split("\n")
    at = [i for i, line in enumerate(lines) if re.match(words, line) and not line.rstrip().endswith(("{", "｛"))
          and not re.match(r"\s*(?:or|and|,|，|且|或)", lines[i + 1] if i + 1 < len(lines) else "")]
    own = [i for i in at if not any(line.count("{") + line.count("｛") != line.count("}") + line.count("｝") for line in lines[:i + 1])]
    order = own[:]
    random.shuffle(order)
    picked = [lines[i] for i in order]
    for i, line in zip(own, picked):
        lines[i] = line
    return "\n".join(lines)


def items(body):
    return shuffled(body, ["item", "事项", "事項"], statements)


def main():
    polc, wrong = os.path.join(sys.argv[1], "polc"), 0
    for path in sys.argv[2:]:
        text = open(path, encoding="utf-8").read()
        with tempfile.TemporaryDirectory() as folder:
            other = os.path.join(folder, "other.pol")
            versions = {"itself": text}
            for language in ("en", "zh"):
                subprocess.run([polc, "fmt", "--lang", language, "-o", other, path], check=True)
                versions[f"in {language}"] = open(other, encoding="utf-8").read()
            for seed in range(4):
                random.seed(seed)
                versions[f"in another order ({seed})"] = shuffled(text, ["clause", "条款", "條款"], items)
            assert versions["in another order (0)"] != text
            for name, version in versions.items():
                open(other, "w", encoding="utf-8").write(version)
                done = subprocess.run([polc, "diff", path, other], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
                if done.returncode:
                    wrong += 1
                    print(f"{path} differs from itself {name}, exit {done.returncode}:", done.stdout.decode("utf-8"))
    sys.exit(1 if wrong else 0)


main()
