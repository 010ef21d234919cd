#!/usr/bin/env python3
"""The catalogue of messages, po/zh_CN.po, is complete.

  catalogue.py SOURCE_DIR            what is missing, unsure, left over, or not marked for translation
  catalogue.py SOURCE_DIR --update   brings po/zh_CN.po up to date with the sources; what is new has to be translated

Messages stand in the sources as arguments of the functions named below, which translate them, or in tr, tr_count and
tr_later (runtime/tr.h).
"""
import pathlib
import re
import subprocess
import sys
import tempfile

KEYWORDS = ["tr:1", "tr_later:1", "tr_count:1,2", "diag_add:4", "diag_caret:3", "diag_label:4", "diag_note:3",
            "diag_help:3", "command_say:1", "say:1", "link_say:2", "interp_fail:3", "prt_fail:3", "pol_ledger_fail:3",
            "pol_audit_warn:2", "bad:2", "refuse:2", "fail:3", "DIAG:4", "EXPLAIN:2"]
FORMATS = ["tr", "tr_later", "tr_count", "diag_add", "diag_caret", "diag_label", "diag_note", "diag_help",
           "command_say", "say", "link_say", "interp_fail", "prt_fail", "pol_ledger_fail", "pol_audit_warn", "bad"]
# What errno says (runtime/tr.h): the C library has the English words, so they are listed here for the catalogue.
SYSTEM = ["Operation not permitted", "No such file or directory", "Input/output error", "No such device or address",
          "Argument list too long", "Bad file descriptor", "No child processes", "Resource temporarily unavailable",
          "Cannot allocate memory", "Permission denied", "Device or resource busy", "File exists",
          "Invalid cross-device link", "No such device", "Not a directory", "Is a directory", "Invalid argument",
          "Too many open files in system", "Too many open files", "Text file busy", "File too large",
          "No space left on device", "Illegal seek", "Read-only file system", "Too many links", "Broken pipe",
          "File name too long", "Function not implemented", "Directory not empty",
          "Too many levels of symbolic links", "Disk quota exceeded", "Interrupted system call", "Exec format error",
          "Value too large for defined data type", "Operation not supported", "Connection timed out",
          "Stale file handle"]
# What runtime/tr.h itself asks for; the name of the language is "zh" in Chinese.
OWN = ["en", "unknown error of the system"]

# Folders and files whose words are in both languages where they stand, or are for those who change pol.
ELSEWHERE = ("compiler/codegen/", "compiler/ir/", "compiler/ast/ast_print", "compiler/diff/", "compiler/doc/",
             "compiler/driver/effect", "compiler/driver/command_try", "compiler/driver/try_", "compiler/legal/table/",
             "compiler/report/", "runtime/audit/explain", "runtime/audit/find", "runtime/audit/compare",
             "runtime/pages/", "runtime/core/state_io")
SHOWN = r"\b(?:v?f?printf|fputs|puts|as?printf|snprintf|text_addf|text_format|pol_buffer_text|pol_buffer_format|TEXT)"

top = pathlib.Path(sys.argv[1]).resolve()
catalogue = top / "po/zh_CN.po"


def files():
    for folder in ("compiler", "grammar", "runtime"):
        for path in sorted((top / folder).rglob("*")):
            if path.suffix in (".c", ".h", ".def", ".l", ".y", ".inc") and "legal/table" not in str(path) \
                    and path.name not in ("lookalikes.def", "width.def", "tr.h"):
                yield str(path.relative_to(top))


def template(out):
    """The messages of the sources, as a catalogue without translations."""
    command = ["xgettext", "--language=C", "--from-code=UTF-8", "--no-wrap", "--sort-output", "--no-location",
               "--output", str(out), "--keyword", *(f"--keyword={word}" for word in KEYWORDS),
               *(f"--flag={word}:{argument}:c-format" for word in FORMATS for argument in positions(word))]
    with tempfile.NamedTemporaryFile("w", suffix=".c", encoding="utf-8") as extra:
        extra.write("".join(f'tr_later("{words}");\n' for words in SYSTEM + OWN))
        extra.flush()
        subprocess.run([*command, *files(), extra.name], cwd=top, check=True, stderr=subprocess.DEVNULL)


def positions(word):
    return next(keyword.split(":")[1].split(",") for keyword in KEYWORDS if keyword.startswith(word + ":"))


def entries(path):
    """Of a catalogue: (message, plural or None) to its translations, and those marked fuzzy."""
    found, fuzzy, state = {}, set(), {}
    key, flags = None, ""

    def close():
        if state.get("msgid"):
            name = (state["msgid"], state.get("msgid_plural"))
            found[name] = [value for part, value in sorted(state.items()) if part.startswith("msgstr")]
            if "fuzzy" in flags:
                fuzzy.add(name)

    for line in path.read_text("utf-8").splitlines() + [""]:
        if not line or line.startswith("#"):
            if state:
                close()
                state, flags = {}, ""
            flags += line if line.startswith("#,") else ""
            continue
        match = re.match(r'(msgid_plural|msgid|msgstr(?:\[\d\])?)? ?"(.*)"$', line)
        key = match[1] or key
        if match[1] == "msgid" and "msgid" in state:
            close()
            state = {}
        state[key] = state.get(key, "") + match[2]
    return found, fuzzy


def update(pot):
    subprocess.run(["msgmerge", "--quiet", "--no-wrap", "--sort-output", "--no-location", "--no-fuzzy-matching",
                    "--update", "--backup=none", str(catalogue), str(pot)], check=True)
    subprocess.run(["msgattrib", "--no-obsolete", "--no-wrap", "--output-file", str(catalogue), str(catalogue)],
                   check=True)


def compare(pot):
    wrong = []
    wanted, _ = entries(pot)
    have, fuzzy = entries(catalogue)
    for name in wanted:
        if not re.search("[a-zA-Z]{2}", re.sub(r"%[-+ #0-9.*]*(?:hh|h|ll|l|z|j|t)?[a-zA-Z]|\\.", "", name[0])):
            continue  # nothing to translate
        if name not in have or not all(have[name]):
            wrong.append(f"not translated: \"{name[0]}\"")
    wrong += [f"translated, but no message any more: \"{name[0]}\"" for name in have if name not in wanted]
    wrong += [f"unsure: \"{name[0]}\"" for name in fuzzy]
    for name, translations in have.items():
        for words in translations:
            if words.endswith("\\n") != name[0].endswith("\\n"):
                wrong.append(f"ends otherwise: \"{name[0]}\"")
            if name[0].startswith("usage:"):
                options = set(re.findall(r"--[a-z][a-z-]*", name[0]))
                wrong += [f"{option} is not in the translation of {name[0][:30]}" for option in options
                          if option not in words]
    checked = subprocess.run(["msgfmt", "--check", "--output-file=/dev/null", str(catalogue)], capture_output=True,
                             text=True, check=False)
    return wrong + checked.stderr.splitlines() if checked.returncode else wrong


def unmarked():
    """Words that are put out, or chosen between, and that the catalogue does not get to see."""
    translating = "|".join(word.split(":")[0] for word in KEYWORDS if word[0].islower())
    for name in files():
        if name.startswith(ELSEWHERE) or not name.endswith(".c"):
            continue
        text = re.sub(r"/\*.*?\*/", "", (top / name).read_text("utf-8"), flags=re.S)
        for words in re.findall(SHOWN + r'\((?:[^()";]*,\s*)?"((?:[^"\\]|\\.)*)"', text):
            plain = re.sub(r"%[-+ #0-9.*]*(?:ll|l|z)?[a-zA-Z]", "", words)
            if re.search("[a-z]{3,} [a-z]{2,}", plain) and not plain.startswith("<?xml"):
                yield f"{name}: not marked for translation: \"{words}\""
        for words in re.findall(rf'\b(?:{translating})\([^;"]*?\?\s*"((?:[^"\\]|\\.)*)"', text):
            if re.search("[a-z]{2,}", re.sub(r"%[-+ #0-9.*]*(?:ll|l|z)?[a-zA-Z]", "", words)):
                yield f"{name}: a choice within a message is marked with tr: \"{words}\""


def main():
    with tempfile.TemporaryDirectory() as folder:
        pot = pathlib.Path(folder) / "pol.pot"
        template(pot)
        if "--update" in sys.argv:
            update(pot)
        wrong = compare(pot) + list(unmarked())
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


main()
