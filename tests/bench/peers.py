"""What a user would do instead: the eight items of eight.pol as DuckDB SQL and as polars expressions, CSV to CSV, beside
polrun and a plain read of the file, in one run. All write the same: decisions.csv and payments.csv as the contract has them,
but for the name of the rule. They are compared cell by cell before any time is told.

    tests/bench/peers [BIN] [--claims N] [--rounds N]       (makes a virtual environment for duckdb and polars)
"""
import argparse
import csv
import itertools
import os
import subprocess
import sys
import tempfile
import time

MONEY = ["assessed", "cost", "premium", "agent_fee", "prior_awarded", "paid"]
BOOLS = ["accepted", "provincial", "won"]

DECIDE = """
CREATE TEMP TABLE decided AS
WITH claims AS (SELECT row_number() OVER () AS line, * FROM read_csv('{claims}', header = true, auto_detect = false, delim = ',',
                       quote = '"', columns = {columns})),
     applicants AS (SELECT * FROM read_csv('{applicants}', header = true, auto_detect = false, delim = ',', quote = '"',
                    columns = {{'applicant_id': 'VARCHAR', 'year': 'INTEGER', 'kind': 'VARCHAR', 'incident': 'BOOLEAN'}})),
     awards AS (
       SELECT line, claim_id, c.applicant_id, item, date, object_id, registered_in, year(date) AS y, paid,
              coalesce(prior_awarded, 0) AS prior,
              CASE WHEN kind IS NULL THEN 'missing_profile'
                   WHEN date < DATE '2021-01-01' THEN 'not_in_force'
                   WHEN incident THEN 'excluded' END AS denied,
              CASE WHEN denied IS NOT NULL THEN NULL
                   WHEN item = 'certification' AND kind = 'enterprise' THEN least(assessed, cost)
                   WHEN item = 'navigation' AND accepted AND provincial THEN 100000
                   WHEN item = 'value_portfolio' AND kind = 'enterprise' AND new_inventions >= 10 THEN 100000
                   WHEN item = 'famous_mark' THEN 1200000
                   WHEN item = 'regional_mark' AND kind <> 'individual' THEN 8000
                   WHEN item = 'national_mark' AND kind <> 'individual' THEN 2000
                   WHEN item = 'ip_insurance' AND kind = 'enterprise' THEN round(premium * 0.5, 2)
                   WHEN item = 'foreign_suit' AND kind = 'enterprise' AND won
                     THEN least(round(agent_fee * 0.5, 2), CASE WHEN country IN ('us', 'jp', 'eu') THEN 300000 ELSE 150000 END)
              END AS award
       FROM claims c LEFT JOIN applicants a ON a.applicant_id = c.applicant_id AND a.year = year(c.date)),
     first AS (
       SELECT *, award - prior AS due,
              row_number() OVER (PARTITION BY item, CASE item WHEN 'certification' THEN applicant_id
                                                              WHEN 'national_mark' THEN applicant_id || '|' || registered_in
                                                              WHEN 'ip_insurance' THEN claim_id ELSE object_id END
                                 ORDER BY date, claim_id) AS place
       FROM awards WHERE award > 0 AND award - prior > 0),
     capped AS (
       SELECT line, due,
              CASE item WHEN 'value_portfolio' THEN 300000 WHEN 'regional_mark' THEN 10000 WHEN 'national_mark' THEN 10000
                        WHEN 'ip_insurance' THEN 100000 END AS most,
              sum(due) OVER (PARTITION BY item, applicant_id, CASE WHEN item IN ('value_portfolio', 'ip_insurance') THEN y END
                             ORDER BY date, claim_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
       FROM first WHERE place = 1),
     granted AS (
       SELECT line, due, CASE WHEN most IS NULL THEN due ELSE greatest(0, least(due, most - coalesce(before, 0))) END AS granted
       FROM capped)
SELECT line, claim_id, applicant_id, y, paid, CASE WHEN award > 0 THEN award END AS award,
       CASE WHEN granted > 0 THEN due ELSE 0 END AS entitled, coalesce(granted, 0) AS payable,
       CASE WHEN denied IS NOT NULL THEN denied WHEN award IS NULL OR award <= 0 THEN 'ineligible'
            WHEN granted IS NULL THEN 'already_awarded' WHEN granted = 0 THEN 'cap_reached' WHEN granted < due THEN 'cap'
            ELSE 'ok' END AS reason
FROM awards LEFT JOIN granted USING (line)
"""

WRITE = """
COPY (SELECT claim_id, CASE reason WHEN 'ok' THEN 'granted' WHEN 'cap' THEN 'reduced' WHEN 'missing_profile' THEN 'invalid'
                                   ELSE 'denied' END AS decision,
             reason, NULL AS rule, award::DECIMAL(18, 2) AS award, entitled::DECIMAL(18, 2) AS entitled,
             payable::DECIMAL(18, 2) AS payable, 0::DECIMAL(18, 2) AS carried, 0::DECIMAL(18, 2) AS outstanding,
             0::DECIMAL(18, 2) AS lapsed, paid, (paid - payable)::DECIMAL(18, 2) AS difference
      FROM decided ORDER BY line) TO '{out}/decisions.csv' (HEADER);
COPY (SELECT claim_id, applicant_id, y AS year, payable::DECIMAL(18, 2) AS amount FROM decided WHERE payable > 0 ORDER BY line)
  TO '{out}/payments.csv' (HEADER)
"""


def columns_of(path):
    with open(path, encoding="utf-8") as file:
        names = next(csv.reader(file))
    return names


def by_duckdb(folder, out, threads):
    import duckdb
    types = {name: "DECIMAL(18,2)" if name in MONEY else "BOOLEAN" if name in BOOLS else "BIGINT" if name == "new_inventions"
             else "DATE" if name == "date" else "VARCHAR" for name in columns_of(f"{folder}/claims.csv")}
    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    connection.execute(DECIDE.format(claims=f"{folder}/claims.csv", applicants=f"{folder}/applicants.csv", columns=types))
    connection.execute(WRITE.format(out=out))
    connection.close()


def by_polars(folder, out, threads):
    import polars as pl
    d = pl.Decimal(18, 2)
    types = {name: d if name in MONEY else pl.Boolean if name in BOOLS else pl.Int64 if name == "new_inventions"
             else pl.Date if name == "date" else pl.String for name in columns_of(f"{folder}/claims.csv")}
    claims = pl.scan_csv(f"{folder}/claims.csv", schema=types).with_row_index("line").with_columns(
        y=pl.col("date").dt.year().cast(pl.Int64))
    applicants = pl.scan_csv(f"{folder}/applicants.csv", schema={"applicant_id": pl.String, "year": pl.Int64, "kind": pl.String,
                                                                 "incident": pl.Boolean})

    def yuan(n):
        return pl.lit(n).cast(d)

    c, item, enterprise = pl.col, pl.col("item"), pl.col("kind") == "enterprise"
    open_to = c("kind") != "individual"
    # half of an amount in fen, half up: whole numbers throughout
    half = lambda f: ((c(f) * 100).cast(pl.Int64) + 1) // 2
    fen = lambda f: (c(f) * 100).cast(pl.Int64)
    denied = (pl.when(c("kind").is_null()).then(pl.lit("missing_profile"))
              .when(c("date") < pl.date(2021, 1, 1)).then(pl.lit("not_in_force")).when(c("incident")).then(pl.lit("excluded")))
    award = (pl.when(c("denied").is_not_null()).then(None)
             .when((item == "certification") & enterprise).then(pl.min_horizontal(fen("assessed"), fen("cost")))
             .when((item == "navigation") & c("accepted") & c("provincial")).then(10_000_000)
             .when((item == "value_portfolio") & enterprise & (c("new_inventions") >= 10)).then(10_000_000)
             .when(item == "famous_mark").then(120_000_000)
             .when((item == "regional_mark") & open_to).then(800_000)
             .when((item == "national_mark") & open_to).then(200_000)
             .when((item == "ip_insurance") & enterprise).then(half("premium"))
             .when((item == "foreign_suit") & enterprise & c("won")).then(
                 pl.min_horizontal(half("agent_fee"),
                                   pl.when(c("country").is_in(["us", "jp", "eu"])).then(30_000_000).otherwise(15_000_000))))
    once = (pl.when(item == "certification").then(c("applicant_id"))
            .when(item == "national_mark").then(c("applicant_id") + "|" + c("registered_in"))
            .when(item == "ip_insurance").then(c("claim_id")).otherwise(c("object_id")))
    most = (pl.when(item == "value_portfolio").then(30_000_000).when(item.is_in(["regional_mark", "national_mark"])).then(1_000_000)
            .when(item == "ip_insurance").then(10_000_000))
    year_of_cap = pl.when(item.is_in(["value_portfolio", "ip_insurance"])).then(c("y")).otherwise(0)
    awards = (claims.join(applicants, left_on=["applicant_id", "y"], right_on=["applicant_id", "year"], how="left")
              .with_columns(denied=denied).with_columns(award=award.cast(pl.Int64))
              .with_columns(due=c("award") - fen("prior_awarded").fill_null(0)))
    first = (awards.filter((c("award") > 0) & (c("due") > 0)).sort("date", "claim_id")
             .with_columns(once=once, most=most, cap_year=year_of_cap)
             .unique(["item", "once"], keep="first", maintain_order=True)
             .with_columns(before=c("due").cum_sum().over("item", "applicant_id", "cap_year") - c("due")))
    granted = pl.when(c("most").is_null()).then(c("due")).otherwise(
        pl.max_horizontal(pl.lit(0), pl.min_horizontal(c("due"), c("most") - c("before"))))
    reason = (pl.when(c("denied").is_not_null()).then(c("denied"))
              .when(c("award").is_null() | (c("award") <= 0)).then(pl.lit("ineligible"))
              .when(c("granted").is_null()).then(pl.lit("already_awarded")).when(c("granted") == 0).then(pl.lit("cap_reached"))
              .when(c("granted") < c("due")).then(pl.lit("cap")).otherwise(pl.lit("ok")))
    decision = (pl.when(c("reason") == "ok").then(pl.lit("granted")).when(c("reason") == "cap").then(pl.lit("reduced"))
                .when(c("reason") == "missing_profile").then(pl.lit("invalid")).otherwise(pl.lit("denied")))
    money = lambda e: (e.cast(pl.Decimal(20, 2)) / 100).cast(d)
    decided = (awards.join(first.select("line", granted=granted), on="line", how="left").sort("line")
               .with_columns(reason=reason, payable=c("granted").fill_null(0))
               .with_columns(entitled=pl.when(c("payable") > 0).then(c("due")).otherwise(0))
               .select("claim_id", "applicant_id", "y", "payable", decision=decision, reason=c("reason"),
                       award=money(pl.when(c("award") > 0).then(c("award"))), entitled=money(c("entitled")), due=money(c("payable")),
                       paid=c("paid"), difference=money(fen("paid") - c("payable"))).collect(engine="streaming"))
    zero = pl.lit(0).cast(d)
    (decided.select("claim_id", "decision", "reason", pl.lit("").alias("rule"), "award", "entitled", c("due").alias("payable"),
                    zero.alias("carried"), zero.alias("outstanding"), zero.alias("lapsed"), "paid", "difference")
     .write_csv(f"{out}/decisions.csv", quote_style="necessary"))
    (decided.filter(c("payable") > 0).select("claim_id", "applicant_id", year=c("y"), amount=c("due"))
     .write_csv(f"{out}/payments.csv"))


def by_pol(arguments, folder, out, threads):
    subprocess.run([f"{arguments.bin}/polrun", "audit", f"{folder}/eight.so", "--claims", f"{folder}/claims.csv", "--applicants",
                    f"{folder}/applicants.csv", "--out", out, "--threads", str(threads)], check=True, stdout=subprocess.DEVNULL)


def plain_read(path):
    with open(path, "rb", buffering=0) as file:
        buffer = bytearray(1 << 20)
        while file.readinto(buffer):
            pass


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        rule = header.index("rule") if "rule" in header else None
        for row in rows:
            if rule is not None:
                row[rule] = ""
            yield row


def first_difference(ours, theirs):
    """The first row of a file that differs, of both; None where all are equal."""
    for mine, other in itertools.zip_longest(rows_of(ours), rows_of(theirs)):
        if mine != other:
            return mine, other
    return None


def child(arguments):
    """One peer in a process of its own, so that its start and its memory are its own."""
    os.makedirs(arguments.out, exist_ok=True)
    {"duckdb": by_duckdb, "polars": by_polars}[arguments.child](arguments.folder, arguments.out, arguments.threads)


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin", nargs="?", default=os.path.join(os.path.dirname(__file__), "../../build/bin"))
    parser.add_argument("--claims", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--child")
    parser.add_argument("--folder")
    parser.add_argument("--out")
    arguments = parser.parse_args()
    if arguments.child:
        return child(arguments)
    here = os.path.dirname(os.path.abspath(__file__))
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([f"{arguments.bin}/polc", "build", f"{here}/eight.pol", "-o", f"{folder}/eight.so"], check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run([f"{arguments.bin}/polrun", "generate", f"{folder}/eight.so", "--claims", str(arguments.claims), "--out",
                        folder], check=True, stdout=subprocess.DEVNULL)
        size = os.path.getsize(f"{folder}/claims.csv")
        peer = lambda name: lambda: subprocess.run(
            [sys.executable, __file__, arguments.bin, "--child", name, "--folder", folder, "--out", f"{folder}/{name}",
             "--threads", str(arguments.threads)], check=True, env={**os.environ, "POLARS_MAX_THREADS": str(arguments.threads)})
        runs = {"plain read": lambda: plain_read(f"{folder}/claims.csv"),
                "polrun audit": lambda: by_pol(arguments, folder, f"{folder}/pol", arguments.threads),
                "DuckDB": peer("duckdb"), "polars": peer("polars")}
        best = {}
        for _ in range(arguments.rounds):
            for name, work in runs.items():
                seconds = timed(work)
                best[name] = min(best.get(name, seconds), seconds)
        for name, file in itertools.product(("duckdb", "polars"), ("decisions.csv", "payments.csv")):
            differs = first_difference(f"{folder}/pol/{file}", f"{folder}/{name}/{file}")
            if differs:
                print(f"{name} decides otherwise, first in {file}:\n  polrun {differs[0]}\n  {name} {differs[1]}")
                return 1
    print(f"{arguments.claims:,} claims, {size / 1e6:.0f} MB, eight items, {arguments.threads} threads, CSV to CSV, best of {arguments.rounds}")
    for name, seconds in best.items():
        print(f"  {name:14} {seconds:8.2f} s {size / 1e6 / seconds:8.0f} MB/s {arguments.claims / seconds / 1e6:7.2f} M claims/s")
    print(f"  = polrun against DuckDB  {best['DuckDB'] / best['polrun audit']:6.1f} x   (target: at least 10 x)")
    print(f"  = polrun against polars  {best['polars'] / best['polrun audit']:6.1f} x")
    print(f"  = polrun against a read  {best['polrun audit'] / best['plain read']:6.1f} x its time")
    return 0


sys.exit(main())
