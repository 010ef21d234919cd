#!/usr/bin/env python3
"""`polc try` and `polc diff --claims`: on the command line, on a terminal, while a policy is edited. run_try.py BIN_DIR SOURCE_DIR"""
import json
import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time

POLC, SOURCE = os.path.join(os.path.abspath(sys.argv[1]), "polc"), os.path.abspath(sys.argv[2])
BASE = os.path.join(SOURCE, "tests/diff/base.pol")
ENVIRONMENT = dict(os.environ, LC_ALL="C.UTF-8", NO_COLOR="1")
PROFILE = ["kind=enterprise", "blacklisted=no", "stage=seed", "tax_paid=1亿元", "turnover=1亿元"]
WRONG = []


def expect(name, shown, *wanted, missing=()):
    for text in wanted:
        if text not in shown:
            WRONG.append(name)
            print(f"{name}: lacks {text!r}:\n{shown}")
    for text in missing:
        if text in shown:
            WRONG.append(name)
            print(f"{name}: has {text!r}:\n{shown}")


def run(*words, code=0, **options):
    done = subprocess.run([POLC, *words], env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120, check=False, **options)
    shown = done.stdout.decode("utf-8")
    if done.returncode != code:
        WRONG.append(words)
        print(f"{words}: exit {done.returncode}, not {code}:\n{shown}")
    return shown


def command_line():
    # 30% of 10万元 is 3万元; of 20万元 6万元, of which 5万元 are granted
    shown = run("try", BASE, "rent_aid", "--lang=en", "date=2024-03-01", "rent=10万元", "trained=yes", *PROFILE)
    expect("rent", shown, "granted 30000.00 yuan, clause （二） 办公用房补助", "rent_aid.award", "30% of rent at most 5万元",
           "按年租金的30%给予补助，最高5万元")
    shown = run("try", BASE, "租金补助", "--lang=zh", "日期=2024年3月1日", "年租金=200000", "applicant.kind=企业", *PROFILE[1:])
    expect("rent, in Chinese", shown, "准予 50000.00 元，条款 （二） 办公用房补助", "已代填：\n  trained")
    shown = run("try", BASE, "sales_step", "--lang=en", "date=2024-03-01", "cost=499万元", "accepted=是", *PROFILE)
    expect("a condition fails", shown, "denied (ineligible)", "cost >= 500万元", "with cost 5000000 instead of 4990000 the award is 20000")
    shown = run("try", BASE, "title", "--lang=en", "date=2024-03-01", "level=市级", "claim.other_award=1万元", *PROFILE)
    expect("a label; something deducted", shown, "granted 40000.00 yuan", "5. less: clause （五）, less.1 10,000.00 yuan", "award: 50,000.00 yuan")
    shown = run("try", BASE, "rent_aid", "--lang=en", "--param=commencement=2024-01-01", "date=2027-01-01", "rent=1万元", *PROFILE)
    expect("a parameter", shown, "denied (not_in_force)")


def mistakes():
    shown = run("try", BASE, "rent_aid", "--lang=en", "kind=bank", code=2)
    expect("missing", shown, "these facts are missing", "  date (a day", "  rent 年租金 (money", "  applicant.blacklisted 列入失信名单 (yes or no)",
           missing=("other_award", "turnover", "applicant.kind", "trained"))
    expect("no item", run("try", BASE, "rent_add", "--lang=en", code=2), "no item 'rent_add'; did you mean 'rent_aid'?", "loan_loss  贷款风险补偿")
    expect("no field", run("try", BASE, "rent_aid", "--lang=en", "rents=1万元", code=2), "no field 'rents'; did you mean 'rent'?")
    expect("no value", run("try", BASE, "rent_aid", "--lang=en", "rent=many", code=2), "'rent=many' cannot be read", "money")
    expect("money needs a unit or digits", run("try", BASE, "rent_aid", "--lang=en", "rent=5万", code=2), "cannot be read")
    expect("out of range", run("try", BASE, "loan_interest", "--lang=en", "interest_rate=21%", code=2), "cannot be read", "0 to 0.2")
    expect("twice", run("try", BASE, "rent_aid", "--lang=en", "rent=1元", "年租金=2元", code=2), "given twice")
    expect("no fact", run("try", BASE, "rent_aid", "--lang=en", "rent", code=2), "'rent' is no fact")
    expect("its own", run("try", BASE, "rent_aid", "--lang=en", "item=title", code=2), "not for you to give")
    run("try", BASE, code=2)
    run("try", "/nowhere.pol", "a", code=3)
    run("diff", BASE, "/nowhere.pol", code=3)
    run("diff", BASE, code=2)
    run("diff", BASE, BASE, "--format=xml", code=2)
    run("diff", BASE, BASE, "--claims=x.csv", code=2)


class Terminal:
    """polc on a terminal of its own."""

    def __init__(self, *words):
        self.shown = ""
        self.process, self.screen = pty.fork()
        if self.process == 0:
            os.execve(POLC, [POLC, *words], ENVIRONMENT)

    def wait(self, text, seconds=60):
        until = time.time() + seconds
        while text not in self.shown and time.time() < until:
            if select.select([self.screen], [], [], 0.2)[0]:
                try:
                    more = os.read(self.screen, 65536)
                except OSError:
                    break
                if not more:
                    break
                self.shown += more.decode("utf-8", "replace").replace("\r\n", "\n")
        if text not in self.shown:
            WRONG.append(text)
            print(f"on the terminal, {text!r} does not come:\n{self.shown}")
            self.shown = text
        end = self.shown.index(text) + len(text)
        seen, self.shown = self.shown[:end], self.shown[end:]
        return seen

    def type(self, text):
        os.write(self.screen, text.encode("utf-8"))

    def end(self, code):
        self.wait_end()
        status = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        os.close(self.screen)
        if status != code:
            WRONG.append(code)
            print(f"on the terminal: exit {status}, not {code}:\n{self.shown}")

    def wait_end(self):
        try:
            while True:
                more = os.read(self.screen, 65536)
                if not more:
                    return
                self.shown += more.decode("utf-8", "replace")
        except OSError:
            return


def asked():
    t = Terminal("try", BASE, "rent_aid", "--lang=zh")
    t.wait("date\n  (日期，如 2024-03-01；1990-01-01 至 2099-12-31)")
    t.wait("] > ")
    t.type("2024-03-01\n")
    t.wait("rent 年租金\n  (金额，如 50万元)\n  > ")
    t.type("五万\n")
    t.wait("无法读取，或超出范围\n  > ")
    t.type("10万元\n")
    t.wait("other_award 其他补助\n")
    t.wait("[0.00] > ")
    t.type("\n")
    t.wait("申请人.kind 类型\n  (enterprise 企业，institute 研究机构，individual 个人，bank 银行)\n  > ")
    t.type("企业\n")
    for _ in range(3):  # stage, tax_paid, blacklisted, in the order of the policy
        seen = t.wait(" > ")
        t.type("种子期\n" if "stage" in seen else "1亿元\n" if "tax_paid" in seen else "否\n")
    t.wait("准予 30000.00 元")
    t.end(0)
    t = Terminal("try", BASE, "rent_aid", "--lang=en")
    t.wait("] > ")
    t.type("\x04")
    t.wait("the input ended before all was answered")
    t.end(2)


def watched():
    with tempfile.TemporaryDirectory() as folder:
        policy, text = os.path.join(folder, "p.pol"), open(BASE, encoding="utf-8").read()
        shutil.copy(BASE, policy)
        t = Terminal("try", policy, "rent_aid", "--lang=en", "--watch", "date=2024-03-01", "rent=10万元", "other_award=0元", *PROFILE)
        t.wait("granted 30000.00 yuan")
        t.wait("Ctrl-C ends")
        new = os.path.join(folder, ".p.pol.swp")  # as editors do: a new file, renamed
        open(new, "w", encoding="utf-8").write(text.replace("30% of rent", "25% of rent"))
        os.rename(new, policy)
        seen = t.wait("now: granted 25000.00 yuan")
        expect("a save", seen, "§（二） award: 30% of rent → 25% of rent", "the result was: granted 30000.00 yuan")
        open(policy, "w", encoding="utf-8").write(text.replace("30% of rent", "25% of rnt"))
        seen = t.wait("waiting for the next save")
        expect("a mistake", seen, "unknown name `rnt`")
        open(policy, "w", encoding="utf-8").write(text.replace("30% of rent", "25% of rent").replace("cap 30万元", "cap 20万元"))
        seen = t.wait("the result stays: granted 25000.00 yuan")
        expect("another save", seen, "30万元 → 20万元", missing=("25% of rent",))
        time.sleep(0.2)
        t.type("\x03")
        t.end(0)


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def ledger():
    # rent 10万元 and 20万元: 3万元 and 5万元 at 30%, 2万元 and 4万元 at 20%; the third is denied by both
    with tempfile.TemporaryDirectory() as folder:
        new, claims, applicants = (os.path.join(folder, name) for name in ("new.pol", "c.csv", "a.csv"))
        write(new, open(BASE, encoding="utf-8").read().replace("30% of rent", "20% of rent"))
        write(claims, "claim_id,applicant_id,item,date,rent,trained,level,other_award\n"
                      "c1,A,rent_aid,2024-03-01,100000,1,,\nc2,B,rent_aid,2025-03-01,200000,1,,\n"
                      "c3,A,rent_aid,2024-04-01,100000,1,,\nc4,C,title,2024-05-01,,,city,\n")
        profile = "enterprise,seed,10000000,0,0\n"
        write(applicants, "applicant_id,year,kind,stage,tax_paid,turnover,blacklisted\n" +
              "".join(f"{who},{year}," + profile for who, year in (("A", 2024), ("B", 2025), ("C", 2024))))
        words = ["diff", BASE, new, "--claims", claims, "--applicants", applicants]
        shown = run(*words, "--lang=en", code=1)
        lines = [" ".join(line.split()) for line in shown.splitlines()]
        for line in ("lose 2 80,000.00 60,000.00 -20,000.00", "gain 0 0.00 0.00 0.00", "as before 2 50,000.00 50,000.00 0.00",
                     "in all 4 130,000.00 110,000.00 -20,000.00", "（二） 2024 30,000.00 20,000.00 -10,000.00",
                     "（二） 2025 50,000.00 40,000.00 -10,000.00", "30,000.00 → 20,000.00"):
            expect("ledger", "\n".join(lines), line)
        expect("ledger", shown, "3 applicants: 0 gain, 2 lose; 0 claims have another decision or reason", missing=("（四） 2024",))
        found = json.loads(run(*words, "--lang=zh", "--format=json", code=1))
        wanted = {"claims": 2, "old": "80000.00", "new": "60000.00", "difference": "-20000.00"}
        if found["ledger"]["lose"] != wanted or [k["claim_id"] for k in found["ledger"]["claims"]] != ["c1", "c2"]:
            WRONG.append("json")
            print(found["ledger"])
        if found["differences"] != [{"what": "award", "change": "changed", "decides": True, "clause": "（二）", "item": "rent_aid",
                                     "subject": "奖励", "old": "年租金 的 30%", "new": "年租金 的 20%",
                                     "text": "（二） 奖励：年租金 的 30% → 年租金 的 20%"}]:
            WRONG.append("json")
            print(found["differences"])


for part in (command_line, mistakes, asked, watched, ledger):
    part()
sys.exit(1 if WRONG else 0)
