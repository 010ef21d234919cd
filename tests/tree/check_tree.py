#!/usr/bin/env python3
"""The shape of the tree: includes never point upward (floors.txt), every header compiles alone, sources are formatted.

usage: check_tree.py TOP [floors] [headers] [format]     (all three when none is named)
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

top = pathlib.Path(sys.argv[1])
parts = sys.argv[2:] or ["floors", "headers", "format"]
problems = []


def sources(*endings):
    for folder in ("compiler", "runtime", "grammar", "tests"):
        for path in sorted((top / folder).rglob("*")):
            if path.suffix in endings:
                yield path


def floors():
    allowed = {}
    for line in (top / "tests/tree/floors.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            folder, names = line.split(":")
            allowed[folder] = set(names.split()) | {folder.split("/")[-1]}
    for path in sources(".c", ".h", ".inc", ".l", ".y"):
        folder = str(path.parent.relative_to(top))
        if folder == "runtime" or folder.startswith("tests"):
            continue
        if folder not in allowed:
            problems.append(f"{folder}: not in floors.txt")
            continue
        for name in re.findall(r'^#\s*include "([^"]+)"', path.read_text(), re.M):
            if name == "tr.h":  # like a header of the C library
                continue
            head = name.split("/")[0]
            target = {"abi.h": "abi", "digest.h": "digest", "polrt.h": "polrt", "tr_start.h": "tr_start"}.get(name)
            if target is None:
                target = head if "/" in name else ("grammar" if (top / "grammar" / name).exists() else folder.split("/")[-1])
            if target not in allowed[folder]:
                problems.append(f"{path.relative_to(top)}: includes {name}, which is not on a floor below {folder}")


def headers():
    with tempfile.TemporaryDirectory() as work:
        out = pathlib.Path(work) / "alone.o"
        for path in sources(".h"):
            if path.parts[len(top.parts)] == "tests":
                continue
            command = ["cc", "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-x", "c", "-c", str(path)]
            command += ["-o", str(out), f"-I{top}/compiler", f"-I{top}/runtime", f"-I{top}/grammar"]
            llvm = subprocess.run(["llvm-config-19", "--includedir"], capture_output=True, text=True)
            command += ["-isystem", llvm.stdout.strip()] if llvm.returncode == 0 else []
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                problems.append(f"{path.relative_to(top)} does not compile alone:\n{done.stderr.strip()}")


def formatted():
    tool = shutil.which("clang-format-19")
    if not tool:
        print("clang-format-19 is not here: formatting not checked")
        return
    files = [str(path) for path in sources(".c", ".h")]
    done = subprocess.run([tool, "--dry-run", *files], capture_output=True, text=True)
    for name in sorted(set(re.findall(r"^(\S+?):\d+:\d+: warning", done.stderr, re.M))):
        problems.append(f"{pathlib.Path(name).relative_to(top)}: not formatted; run clang-format-19 -i on it")


for part in parts:
    {"floors": floors, "headers": headers, "format": formatted}[part]()
print("\n".join(problems))
sys.exit(1 if problems else 0)
