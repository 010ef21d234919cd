#!/usr/bin/env python3
"""Writes a policy of so many lines, in the manner of those we ship, and the document it stands for.

  large_policy.py LINES FOLDER       writes FOLDER/large.pol and FOLDER/large.txt
"""
import os
import sys

HEAD = """policy large "大型政策" {{
    issuer "某市人民政府"
    source "large.txt"
    effective from 2024-01-01
}}
applicant {{
    kind "类型": enum {{ enterprise "企业", institution "事业单位", association "协会", agency "代理机构", individual "个人" }}
    local "本市": bool
    contribution "地方贡献": money
}}
claim {{
    level "级别": enum {{ national "国家级", provincial "省级", city "市级" }}
    prior "已获": money default 0元
{fields}}}
sample applicant {{ kind enterprise, local yes, contribution 1亿元 }}
sample claim {{ object_id "甲", level national{sample} }}
require applicant.local
less prior
clause "附则" {{
    quote "本政策自2024年1月1日起施行，以当年地方贡献为限"
    limit contribution_limit: applicant.contribution per applicant, year for enterprise
}}
"""

CLAUSE = """
clause {n} "第{n}项支持政策" {{
    item rated_{n} "项目{n}补助" for enterprise, institution {{
        quote "对第{n}类项目收入达到{a}万元以上且新增专利{b}件以上的，按实际费用的{c}%给予补助，单个单位年度补助最高不超过{d}万元"
        require ok_{f} and income_{f} >= {a}万元 and patents_{f} >= {b}件
        award {c}% of cost_{f}
        once per object_id{accept}
        cap {d}万元 per applicant, year

        example "项目{n}：恰好达到与差一" {{
            applicant A 2024
            applicant B 2024 {{ kind agency }}
            claim c1 rated_{n} by A on 2024-03-01 {{ income_{f} {a}万元, patents_{f} {b}件, cost_{f} 1万元, ok_{f} yes }}
            claim c2 rated_{n} by A on 2024-03-02 {{ income_{f} {a}万元, patents_{f} {g}件, cost_{f} 1万元, ok_{f} yes, object_id "乙" }}
            claim c3 rated_{n} by B on 2024-03-03 {{ income_{f} {a}万元, patents_{f} {b}件, cost_{f} 1万元, ok_{f} yes, object_id "丙" }}
            expect c1 granted {h}元
            expect c2 denied ineligible
            expect c3 denied ineligible
        }}
    }}

    item graded_{n} "等级{n}奖励" {{
        quote "获得第{n}类国家级、省级、市级认定的，分别给予一次性奖励{x}万元、{y}万元、{z}万元"
        award by level {{ national: {x}万元, provincial: {y}万元, city: {z}万元 }}
        ladder per object_id
    }}

    example "等级{n}：逐级晋升" {{
        applicant A 2024
        claim c1 graded_{n} by A on 2024-03-01 {{ level city }}          expect c1 granted {z}万元
        claim c2 graded_{n} by A on 2024-04-01 {{ level provincial }}    expect c2 granted {yz}万元
        claim c3 graded_{n} by A on 2024-05-01 {{ level national }}      expect c3 granted {xy}万元
    }}
}}
"""

DOCUMENT = """{n}.第{n}项支持政策。对第{n}类项目收入达到{a}万元以上且新增专利{b}件以上的，按实际费用的{c}%给予补助，单个单位年度补助最高不超过{d}万元。\
获得第{n}类国家级、省级、市级认定的，分别给予一次性奖励{x}万元、{y}万元、{z}万元。
"""

GROUPS = 20


def values(n):
    v = {"n": n, "f": n % GROUPS, "a": 100 + n, "b": 5 + n % 40, "c": 5 + n % 60, "d": 20 + n % 80}
    v |= {"z": 1 + n % 9, "y": 12 + n % 7, "x": 30 + n % 50}
    v["accept"] = '\n        accept W0809 "各项目的费用分别核算"' if n > GROUPS else ""
    return v | {"g": v["b"] - 1, "h": 100 * v["c"], "yz": v["y"] - v["z"], "xy": v["x"] - v["y"]}


def main():
    lines, folder = int(sys.argv[1]), sys.argv[2]
    fields = "".join(f"    income_{i}, cost_{i}: money  patents_{i}: count  ok_{i}: bool\n" for i in range(GROUPS))
    head = HEAD.format(fields=fields, sample="".join(f", ok_{i} yes" for i in range(GROUPS)))
    per_clause = CLAUSE.count("\n")
    clauses = range(1, max(1, -(-(lines - head.count("\n")) // per_clause)) + 1)
    with open(os.path.join(folder, "large.pol"), "w", encoding="utf-8") as file:
        file.write(head + "".join(CLAUSE.format(**values(n)) for n in clauses))
    with open(os.path.join(folder, "large.txt"), "w", encoding="utf-8") as file:
        file.write("大型政策\n本政策自2024年1月1日起施行，以当年地方贡献为限。\n" + "".join(DOCUMENT.format(**values(n)) for n in clauses))


main()
