#!/usr/bin/env python3
"""Runs a page of documentation: its files are written, its edits made, its commands run, and what it shows is compared.
Where a command of the page names examples/, the folder that it runs in has a copy of those beside the page's own folder.

  run_docs.py BIN_DIR PAGE.md...     compare
  run_docs.py --update BIN_DIR PAGE  write what the commands print into the page, for review as a diff

In the page, fenced blocks say what happens, in order:

  ```text rules.txt      (any word, then a file name)  writes the file
  ```edit rules.txt      lines `-old` and `+new`: each run of old lines stands once in the file and becomes the new ones
  ```console             `$ command`, and below it all that it prints (both streams); the last line may be `exit status N`
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

FENCE = re.compile(r"^```(\w+)(?: (\S+))?$")


def blocks(lines):
    """Yields (kind, name, first line, end line) of each fenced block."""
    at = 0
    while at < len(lines):
        match = FENCE.match(lines[at])
        if match:
            end = at + 1
            while lines[end] != "```":
                end += 1
            yield match.group(1), match.group(2), at + 1, end
            at = end
        at += 1


def write(folder, name, lines):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
        out.write("".join(line + "\n" for line in lines))


def edit(folder, name, lines):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        text = file.read()
    at = 0
    while at < len(lines):
        old, new = "", ""
        while at < len(lines) and lines[at].startswith("-"):
            old += lines[at][1:] + "\n"
            at += 1
        while at < len(lines) and lines[at].startswith("+"):
            new += lines[at][1:] + "\n"
            at += 1
        if not old or text.count(old) != 1:
            raise SystemExit(f"{name}: this is to be replaced and stands there {text.count(old)} times:\n{old}")
        text = text.replace(old, new)
    write(folder, name, text.splitlines())


def run(command, folder, environment):
    done = subprocess.run(["sh", "-c", command], cwd=folder, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120, check=False)
    shown = done.stdout.decode("utf-8").splitlines()
    return shown + ([f"exit status {done.returncode}"] if done.returncode else [])


def session(lines, folder, environment):
    """The block as it should be."""
    out = []
    for line in lines:
        if line.startswith("$ "):
            out += [line] + run(line[2:], folder, environment)
    return out


def page(path, binaries, update):
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    environment = dict(os.environ, PATH=binaries + ":" + os.environ["PATH"], LC_ALL="C.UTF-8", NO_COLOR="1")
    wrong, result, copied = 0, [], 0
    examples = os.path.join(os.path.dirname(os.path.abspath(path)), "..", "examples")
    with tempfile.TemporaryDirectory() as folder:
        if any("examples/" in line for line in lines if line.startswith("$ ")):
            shutil.copytree(examples, os.path.join(folder, "examples"))
        for kind, name, first, end in blocks(lines):
            body = lines[first:end]
            if kind == "console":
                actual = session(body, folder, environment)
                if actual != body:
                    wrong += 1
                    if not update:
                        print(f"{path}:{first + 1}: the page shows", *body, "but this is printed", *actual, sep="\n  ")
                result += lines[copied:first] + actual
                copied = end
            elif kind == "edit":
                edit(folder, name, body)
            elif name:
                write(folder, name, body)
    if update:
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(result + lines[copied:]) + "\n")
        return 0
    return wrong


def main():
    arguments = sys.argv[1:]
    update = arguments[:1] == ["--update"]
    arguments = arguments[update:]
    if len(arguments) < 2:
        raise SystemExit(__doc__)
    sys.exit(1 if sum(page(path, os.path.abspath(arguments[0]), update) for path in arguments[1:]) else 0)


main()
