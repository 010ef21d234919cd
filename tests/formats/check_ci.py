#!/usr/bin/env python3
"""The hooks and the workflow of examples/ci do what they say.

  check_ci.py BIN_DIR SOURCE_DIR BUILD_DIR

The git hook runs in a repository made for it; of the workflow every step that is ours runs, except the one that builds pol.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.dom.minidom

import yaml

binaries, source, build = (pathlib.Path(word).resolve() for word in sys.argv[1:])
wrong = []

POLICY = """policy rent "租金" {
    effective from 2024-01-01 to 2026-12-31
}
applicant { kind "类型": enum { enterprise "企业", individual "个人" } }
claim { rent "年租金": money }
clause 1 {
    item rent_aid for enterprise {
        award 30% of rent at most 5万元
        once per applicant, year
    }
    example "三成" {
        applicant A 2024 { kind enterprise }
        claim c1 rent_aid by A on 2024-03-01 { rent 10万元 }
        expect c1 granted 3万元
    }
}
"""


def expect(condition, what):
    if not condition:
        wrong.append(what)


def run(words, cwd, **more):
    environment = {**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "GIT_CONFIG_GLOBAL":
                   "/dev/null", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a",
                   "GIT_COMMITTER_EMAIL": "a@b", **more}
    for name in [name for name in environment if name.startswith("GIT_") and name.endswith(("_DIR", "_TREE", "_FILE"))]:
        del environment[name]
    return subprocess.run(words, cwd=cwd, capture_output=True, timeout=60, env=environment)


def commit(folder, text, **files):
    for name, content in files.items():
        (folder / name.replace("_pol", ".pol")).write_text(content, "utf-8")
    run(["git", "add", "-A"], folder)
    return run(["git", "commit", "-q", "-m", text], folder)


def hook(folder):
    run(["git", "init", "-q", "."], folder)
    shutil.copy(source / "examples/ci/pre-commit", folder / ".git/hooks/pre-commit")
    expect(commit(folder, "nothing of ours", note="text").returncode == 0, "hook: a commit without policies")
    (folder / "内 规.pol").write_text(POLICY, "utf-8")
    run(["polc", "fmt", "内 规.pol"], folder)
    good = (folder / "内 规.pol").read_text("utf-8")
    expect(commit(folder, "good").returncode == 0, "hook: a good policy")
    for what, content, words in (
            ("mistake", good.replace("30% of rent", "30% of rnet"), b"E0201"),
            ("example", good.replace("granted 3万元", "granted 4万元"), b"E0707"),
            ("layout", good.replace("    item", "  item"), b"fmt --check")):
        done = commit(folder, what, **{"内 规_pol": content})
        expect(done.returncode == 1 and words in done.stderr, f"hook: {what}: {done}")
    # what is committed counts, not what lies in the folder
    (folder / "内 规.pol").write_text(good + "# more\n", "utf-8")
    run(["git", "add", "-A"], folder)
    (folder / "内 规.pol").write_text("broken", "utf-8")
    expect(run(["git", "commit", "-q", "-m", "staged"], folder).returncode == 0, "hook: it looked at the folder")


def hooks_of_the_tool(folder):
    """Every hook passes for a good policy and fails for a bad one; the pattern finds policies alone."""
    local = yaml.safe_load((source / "examples/ci/pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
    offered = yaml.safe_load((source / "examples/ci/pre-commit-hooks.yaml").read_text("utf-8"))
    expect(local == offered, "pre-commit: the two files differ")
    for entry in local:
        expect(re.search(entry["files"], "a/内.pol") and not re.search(entry["files"], "a.policy"), "pre-commit: files")
        (folder / "good.pol").write_text(POLICY, "utf-8")
        run(["polc", "fmt", "good.pol"], folder)
        (folder / "bad.pol").write_text(POLICY.replace("policy", "polciy"), "utf-8")
        expect(run([*entry["entry"].split(), "good.pol"], folder).returncode == 0, f"pre-commit: {entry['id']}: good")
        expect(run([*entry["entry"].split(), "bad.pol"], folder).returncode == 1, f"pre-commit: {entry['id']}: bad")


def steps_of(job, folder, installed):
    """Runs what the job runs as GitHub does: bash, stop at a failure. Gives the outcome by name."""
    outcome = {}
    temporary = folder / ".tmp"
    temporary.mkdir(exist_ok=True)
    for step in job["steps"]:
        if "run" not in step or step["name"] in ("Get git", "Build pol"):
            continue
        if step["name"] == "Annotate" and outcome["Check"].returncode == 0:
            continue
        expect("${{" not in step["run"], f"workflow: {step['name']} has an expression in its script")
        outcome[step["name"]] = run(["bash", "-e", "-o", "pipefail", "-c", step["run"]], folder, HOME=str(installed),
                                    RUNNER_TEMP=str(temporary), GITHUB_PATH=str(temporary / "path"),
                                    PATH=f"{installed}/pol/bin:{os.environ['PATH']}")
    return outcome


def workflow(folder, installed):
    document = yaml.safe_load((source / "examples/ci/github/policies.yml").read_text("utf-8"))
    expect(document["permissions"] == {"contents": "read", "security-events": "write"}, "workflow: permissions")
    job = document["jobs"]["policies"]
    (folder / ".pol").mkdir()
    (folder / ".pol/build").symlink_to(build)
    (folder / "a b.pol").write_text(POLICY, "utf-8")
    expect(run(["polc", "fmt", "a b.pol"], folder).returncode == 0, "workflow: fmt")
    outcome = steps_of(job, folder, installed)
    for name, done in outcome.items():
        expect(done.returncode == 0, f"workflow: {name}: {done.stderr.decode()[-400:]}")
    if wrong:
        return
    expect((folder / ".tmp/path").read_text() == f"{installed}/pol/bin\n", "workflow: path")
    expect(json.loads((folder / "polc.sarif").read_text("utf-8"))["runs"][0]["results"] == [], "workflow: sarif")
    xml.dom.minidom.parse(str(folder / "polc-junit.xml"))
    job["steps"] = [step for step in job["steps"] if step.get("name") != "Install pol"]
    (folder / "a b.pol").write_text(POLICY.replace("rent at", "rnet at"), "utf-8")
    outcome = steps_of(job, folder, installed)
    expect(all(outcome[name].returncode for name in ("Check", "Annotate", "Test")), "workflow: a mistake passes")
    expect(b"::error file=a b.pol,line=8," in outcome["Annotate"].stdout, "workflow: annotation")
    results = json.loads((folder / "polc.sarif").read_text("utf-8"))["runs"][0]["results"]
    expect([result["ruleId"] for result in results] == ["E0201"], "workflow: sarif of a mistake")
    uploaded = [step["with"] for step in job["steps"] if "upload" in step.get("uses", "")]
    expect(uploaded[0]["sarif_file"] == "polc.sarif" and uploaded[1]["path"] == "polc-junit.xml", "workflow: uploads")


def main():
    with tempfile.TemporaryDirectory() as name:
        folders = [pathlib.Path(name) / word for word in ("hook", "tool", "workflow", "installed")]
        for folder in folders:
            folder.mkdir()
        hook(folders[0])
        hooks_of_the_tool(folders[1])
        workflow(folders[2], folders[3])
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


main()
