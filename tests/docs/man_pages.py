#!/usr/bin/env python3
"""Every command and option that --help names stands in the man page, and the other way round.

  man_pages.py BIN_DIR MAN_DIR
"""
import re
import subprocess
import sys


def help_of(program, *words):
    return subprocess.run([program, *words, "--help"], stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode()


def options(text):
    return set(re.findall(r"--[a-z][a-z-]*", text))


def main():
    binaries, manuals = sys.argv[1:]
    wrong = 0
    for name in ("polc", "polrun"):
        program = f"{binaries}/{name}"
        general = help_of(program)
        commands = re.findall(r"^  ([a-z]+)  +\S", general, re.M)
        known = options(general).union(*(options(help_of(program, command)) for command in commands))
        with open(f"{manuals}/{name}.1", encoding="utf-8") as file:
            page = file.read().replace("\\-", "-")
        described = options(page)
        for option in sorted(known ^ described):
            wrong += 1
            print(f"{name}: {option} is in {'--help' if option in known else 'the man page'} only")
        for command in commands:
            if f".B {name} {command}" not in page:
                wrong += 1
                print(f"{name}: the man page lacks the command {command}")
    sys.exit(1 if wrong else 0)


main()
