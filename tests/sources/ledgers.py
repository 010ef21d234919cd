"""Writes a table as a file of every kind, with what the standard library has; DuckDB's by duck_sql."""
import csv
import gzip
import io
import json
import pathlib
import sqlite3
import subprocess
import zipfile
from xml.sax.saxutils import escape


def read_csv(path):
    """The names of the columns, and the rows, each with as many cells as the header."""
    rows = [row for row in csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")) if any(row)]
    width = len(rows[0])
    return [name.strip() for name in rows[0]], [(row + [""] * width)[:width] for row in rows[1:]]


def write_csv(path, names, rows, encoding="utf-8"):
    with open(path, "w", newline="", encoding=encoding) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
    return path


def write_gzip(path, names, rows):
    plain = write_csv(path.with_suffix(".plain"), names, rows).read_bytes()
    half = plain.index(b"\n", len(plain) // 2)  # two members, as `cat a.gz b.gz` makes them
    path.write_bytes(gzip.compress(plain[:half]) + gzip.compress(plain[half:]))
    return path


def write_zstd(path, names, rows):
    plain = write_csv(path.with_suffix(".plain"), names, rows)
    subprocess.run(["zstd", "-qf", str(plain), "-o", str(path)], check=True)
    return path


def write_json_lines(path, names, rows):
    with open(path, "w", encoding="utf-8") as file:
        for number, row in enumerate(rows):
            cells = {name: cell for name, cell in zip(names, row) if cell != ""}
            file.write(json.dumps(cells, ensure_ascii=number % 2 == 0) + "\n")
    return path


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def write_sqlite(path, tables, types=None):
    path.unlink(missing_ok=True)
    base = sqlite3.connect(path)
    for table, (names, rows) in tables.items():
        columns = ", ".join(f"{quoted(name)} {(types or {}).get(name, 'text')}" for name in names)
        base.execute(f"create table {quoted(table)} ({columns})")
        marks = ", ".join("?" * len(names))
        base.executemany(f"insert into {quoted(table)} values ({marks})", [[cell or None for cell in row] for row in rows])
    base.commit()
    base.close()
    return path


def letters(column):
    text = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        text = chr(65 + digit) + text
    return text


class Raw(str):
    """A cell's XML as it is: attributes, '>' and what is inside."""


def write_xlsx(path, sheets, styles=None, workbook=""):
    """A cell is a text, kept among the shared strings, or Raw."""
    shared = {}
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        links = "".join(f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(sheets, 1))
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr("xl/workbook.xml", f'<workbook {main} xmlns:r="r">{workbook}<sheets>{links}</sheets></workbook>')
        relations = "".join(f'<Relationship Id="rId{i}" Target="worksheets/sheet{i}.xml"/>' for i in range(1, len(sheets) + 1))
        file.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{relations}</Relationships>")
        for i, (names, rows) in enumerate(sheets.values(), 1):
            xml = []
            for number, row in enumerate([names] + rows, 1):
                cells = []
                for column, cell in enumerate(row):
                    place = f'r="{letters(column)}{number}"'
                    if isinstance(cell, Raw):
                        cells.append(f"<c {place} {cell}</c>")
                    elif cell != "":
                        cells.append(f'<c {place} t="s"><v>{shared.setdefault(cell, len(shared))}</v></c>')
                xml.append(f'<row r="{number}">{"".join(cells)}</row>')
            file.writestr(f"xl/worksheets/sheet{i}.xml", f"<worksheet {main}><sheetData>{''.join(xml)}</sheetData></worksheet>")
        strings = "".join(f"<si><t xml:space='preserve'>{escape(text)}</t></si>" for text in shared)
        file.writestr("xl/sharedStrings.xml", f"<sst {main}>{strings}</sst>")
        if styles is not None:
            file.writestr("xl/styles.xml", f"<styleSheet {main}>{styles}</styleSheet>")
    return path


def duck_sql(binary, base, *statements):
    done = subprocess.run([str(binary), str(base), *statements], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def duck_csv(path, types=None):
    """The SQL that reads a CSV of write_csv, all as text but for the types given."""
    given = ", ".join(f"'{name}': '{kind}'" for name, kind in (types or {}).items())
    return (f"read_csv('{path}', header = true, delim = ',', quote = '\"', escape = '\"', new_line = '\\n', "
            f"all_varchar = {'false' if types else 'true'}, sample_size = -1, parallel = false"
            + (f", types = {{{given}}}" if types else "") + ")")
