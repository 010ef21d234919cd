"""A second reading of the contract: decides ledgers of the three granting policies and the targets of two.

Written from docs/contract/ alone, in the words of its tables; it shares nothing with pol but the contract. Money is in
fen, awards are fractions until they are rounded. Slow and plain on purpose.
"""
import datetime
import re
from fractions import Fraction

YUAN = 100
MAX_MONEY = 1_000_000_000_000 * YUAN


# ---- cells: what a column of a type accepts; BAD is present but unreadable, None is missing ----------------------------
class Bad:
    pass


BAD = Bad()


def trimmed(raw):
    return raw.strip(b" \t")


def readable_text(cell):
    if len(cell) > 255:
        return False
    try:
        cell.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def decimal(cell, places):
    if not re.fullmatch(rb"[0-9]+(\.[0-9]{1,%d})?" % places, cell):
        return None
    whole, _, part = cell.decode().partition(".")
    return int(whole) * 10**places + int((part + "0" * places)[:places] or "0")


def number(cell, low, high, places=0):
    if places == 0:
        value = int(cell) if re.fullmatch(rb"[0-9]+", cell) else None
    else:
        value = decimal(cell, places)
    return value if value is not None and low <= value <= high else BAD


def day(cell):
    if not re.fullmatch(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
        return BAD
    try:
        value = datetime.date(*map(int, cell.decode().split("-")))
    except ValueError:
        return BAD
    return value if 1990 <= value.year <= 2099 else BAD


def read(raw, kind):
    """raw: the cell's bytes or None; kind: "money", "rate", "count", "years", "days:366", "date", "bool", "text", or a
    tuple of names."""
    if raw is None or trimmed(raw) == b"":
        return None
    cell = trimmed(raw)
    if isinstance(kind, tuple):
        return cell.decode() if cell in [k.encode() for k in kind] else BAD
    if kind == "money":
        return number(cell, 0, MAX_MONEY, 2)
    if kind == "rate":
        return number(cell, 0, 1_000_000, 6)
    if kind == "count":
        return number(cell, 0, 1_000_000_000)
    if kind == "years":
        return number(cell, 0, 200)
    if kind.startswith("days"):
        return number(cell, 0, int(kind.partition(":")[2] or 3660))
    if kind == "date":
        return day(cell)
    if kind == "bool":
        return {b"true": True, b"1": True, "是".encode(): True, b"false": False, b"0": False, "否".encode(): False}.get(
            cell, BAD)
    assert kind == "text"
    return cell if readable_text(cell) else BAD


def half_up(value):
    return (2 * Fraction(value) + 1).__floor__() // 2


# ---- rules of an item -------------------------------------------------------------------------------------------------
class Item:
    """condition(c, p), award(c, p) in fen or None; once, one_year, ladder: key(c, p); caps: (name, key, maximum, kind,
    applies); names that are equal in two items are one ladder or one cap."""

    def __init__(self, needs, award, kinds=None, condition=None, once=(), one_year=None, ladder=None, caps=(), exempt=False):
        self.needs, self.award, self.kinds, self.condition = needs, award, kinds, condition
        self.once, self.one_year, self.ladder, self.caps, self.exempt = once, one_year, ladder, caps, exempt


class Policy:
    def __init__(self, first, last, profile, fields, items, defaults, exclude=None, eligible=None, less=None, limit=None,
                 carry=0):
        self.first, self.last, self.profile, self.fields, self.items = first, last, profile, fields, items
        self.defaults, self.exclude, self.eligible, self.less = defaults, exclude, eligible, less
        self.limit, self.carry = limit, carry


class Stop(Exception):
    pass


# ---- a whole ledger ---------------------------------------------------------------------------------------------------
def read_profiles(policy, rows):
    profiles, last_year = {}, None
    for row in rows:
        applicant = read(row.get("applicant_id"), "text")
        raw = trimmed(row.get("year") or b"")
        year = int(raw) if re.fullmatch(rb"[0-9]{4}", raw) and 1990 <= int(raw) <= 2099 else None
        if applicant in (None, BAD) or year is None:
            continue
        last_year = year if last_year is None else max(last_year, year)
        if (applicant, year) in profiles:
            raise Stop("two rows")
        profiles[applicant, year] = {f: read(row.get(f), kind) for f, kind in policy.profile.items()}
    return profiles, last_year


def stage0(policy, row, seen, profiles):
    """(reason, None) or (None, claim)"""
    claim_id = trimmed(row.get("claim_id") or b"")
    if claim_id == b"" or claim_id in seen:
        return "duplicate_claim", None
    seen.add(claim_id)
    item = trimmed(row.get("item") or b"")
    names = {name.encode(): name for name in policy.items}
    if item not in names:
        return "unknown_item", None
    needs = {"applicant_id": "text", "date": "date", "claim_id": "text"}
    for field in policy.items[names[item]].needs + list(policy.defaults):
        needs[field] = "text" if field == "object_id" else policy.fields[field]
    cells = {f: read(row.get(f), kind) for f, kind in needs.items()}
    if any(value is BAD for value in cells.values()):
        return "bad_value", None
    for field, value in policy.defaults.items():
        if cells[field] is None:
            cells[field] = value
    if any(value is None for value in cells.values()):
        return "missing_field", None
    cells["item"] = names[item]
    profile = profiles.get((cells["applicant_id"], cells["date"].year))
    if profile is None:
        return "missing_profile", None
    if any(value is BAD for value in profile.values()):
        return "bad_value", None
    if any(value is None for value in profile.values()):
        return "missing_field", None
    cells["profile"] = profile
    return None, cells


def stages1to4(policy, claim):
    item, profile = policy.items[claim["item"]], claim["profile"]
    if claim["date"] < policy.first or (policy.last and claim["date"] > policy.last):
        return "not_in_force", None
    if policy.exclude and policy.exclude(claim, profile):
        return "excluded", None
    if item.kinds is not None and profile["kind"] not in item.kinds:
        return "ineligible", None
    if policy.eligible and not policy.eligible(claim, profile):
        return "ineligible", None
    if item.condition and not item.condition(claim, profile):
        return "ineligible", None
    award = item.award(claim, profile)
    if award is None or half_up(award) <= 0:
        return "ineligible", None
    return None, half_up(award)


class Ledger:
    def __init__(self, policy, profiles):
        self.policy, self.profiles = policy, profiles
        self.used, self.years, self.ladders, self.charged = set(), {}, {}, {}
        self.limit_left, self.waiting, self.carried_to = {}, {}, {}
        self.payments = []

    def usable(self, applicant, year):
        profile = self.profiles.get((applicant, year))
        if profile is None or any(v is BAD or v is None for v in profile.values()):
            return None
        return profile

    def left(self, applicant, year):
        """What the year's limit has left, earlier years' deferred amounts having been paid first."""
        if (applicant, year) not in self.limit_left:
            profile = self.usable(applicant, year)
            self.limit_left[applicant, year] = self.policy.limit(profile) if profile else 0
        return self.limit_left[applicant, year]

    def carry(self, applicant, year):
        """At the start of `year`."""
        if (applicant, year) in self.carried_to:
            return
        self.carried_to[applicant, year] = True
        profile = self.usable(applicant, year)
        if profile is None or self.policy.exclude({"profile": profile}, profile):
            return
        for result in self.waiting.get(applicant, []):
            if not result["year"] < year <= result["year"] + self.policy.carry:
                continue
            amount = min(result["wait"], self.left(applicant, year))
            if amount > 0:
                result["wait"] -= amount
                result["carried"] += amount
                self.limit_left[applicant, year] -= amount
                self.payments.append((result["row"], result["applicant"], year, amount))

    def decide(self, claim, award, result):
        policy, item, profile = self.policy, self.policy.items[claim["item"]], claim["profile"]
        keys = [(claim["item"], n, key(claim, profile)) for n, key in enumerate(item.once)]
        if any(key in self.used for key in keys):
            return "denied", "already_awarded"
        year_key = (claim["item"], item.one_year(claim, profile)) if item.one_year else None
        if year_key and self.years.get(year_key, claim["date"].year) != claim["date"].year:
            return "denied", "already_awarded"
        before = 0
        ladder_key = (item.ladder[0], item.ladder[1](claim, profile)) if item.ladder else None
        if ladder_key:
            before = self.ladders.get(ladder_key, 0)
        if policy.less:
            before = max(before, claim[policy.less])
        entitled = award - before
        if entitled <= 0:
            return "denied", "already_awarded"
        self.used.update(keys)
        if year_key:
            self.years[year_key] = claim["date"].year
        if ladder_key:
            self.ladders[ladder_key] = max(self.ladders.get(ladder_key, 0), award)
        return self.cap(claim, entitled, result)

    def cap(self, claim, entitled, result):
        item, profile, granted, charges = self.policy.items[claim["item"]], claim["profile"], entitled, []
        for name, key, maximum, kind, applies in item.caps:
            if applies and not applies(claim, profile):
                continue
            cell = (name, key(claim, profile))
            most = maximum(claim, profile) if callable(maximum) else maximum
            left = max(0, most - self.charged.get(cell, 0))
            if kind == "money":
                granted = min(granted, left)
            elif kind == "claims":
                granted = granted if left >= 1 else 0
            else:  # units: field, price
                field, price = kind
                granted = min(granted, min(claim[field], left) * price)
            charges.append((cell, kind, left))
        if granted <= 0:
            return "denied", "cap_reached"
        for cell, kind, left in charges:
            charge = granted if kind == "money" else 1 if kind == "claims" else min(claim[kind[0]], left)
            self.charged[cell] = self.charged.get(cell, 0) + charge
        return self.limit(claim, entitled, granted, result)

    def limit(self, claim, entitled, granted, result):
        policy, item, profile = self.policy, self.policy.items[claim["item"]], claim["profile"]
        year, applicant = claim["date"].year, claim["applicant_id"]
        result["entitled"] = entitled
        payable = granted
        if policy.limit:
            self.carry(applicant, year)
            if profile["kind"] == "enterprise" and not item.exempt:
                payable = min(granted, self.left(applicant, year))
                self.limit_left[applicant, year] -= payable
        result["payable"] = payable
        if payable > 0:
            self.payments.append((result["row"], applicant, year, payable))
        if payable < granted:
            result["wait"] = granted - payable
            self.waiting.setdefault(applicant, []).append(result)
            return "deferred", "limit"
        return ("reduced", "cap") if granted < entitled else ("granted", "ok")


def decide_ledger(policy, claim_rows, applicant_rows, as_of=None):
    profiles, last_year = read_profiles(policy, applicant_rows)
    seen, results, ready = set(), [], []
    for n, row in enumerate(claim_rows):
        date = read(row.get("date"), "date")
        if date not in (None, BAD):
            last_year = date.year if last_year is None else max(last_year, date.year)
        paid = read(row.get("paid"), "money")
        result = {"row": n, "id": trimmed(row.get("claim_id") or b""), "award": None, "entitled": 0, "payable": 0,
                  "carried": 0, "wait": 0, "paid": None if paid is BAD else paid}
        results.append(result)
        reason, claim = stage0(policy, row, seen, profiles)
        if reason:
            result["decision"], result["reason"] = "invalid", reason
            continue
        result["year"], result["applicant"] = claim["date"].year, claim["applicant_id"]
        reason, award = stages1to4(policy, claim)
        if reason:
            result["decision"], result["reason"] = "denied", reason
            continue
        result["award"] = award
        ready.append((claim["date"], result["id"], claim, award, result))
    ledger = Ledger(policy, profiles)
    ready.sort(key=lambda r: (r[0], r[1]))
    years = sorted({y for _, y in profiles} | {r[0].year for r in ready})
    last = 0
    for date, _, claim, award, result in ready:
        for year in years:
            if policy.limit and last < year < date.year + 1:
                for applicant in list(ledger.waiting):
                    ledger.carry(applicant, year)
        last = max(last, date.year)
        result["decision"], result["reason"] = ledger.decide(claim, award, result)
    for year in years:
        if policy.limit and year > last:
            for applicant in list(ledger.waiting):
                ledger.carry(applicant, year)
    as_of = as_of if as_of is not None else last_year if last_year is not None else 0
    return decisions(policy, results, as_of), payments(ledger.payments, results)


# ---- output -----------------------------------------------------------------------------------------------------------
def money(fen):
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def cell(data):
    return b'"' + data.replace(b'"', b'""') + b'"' if re.search(rb'[,"\n\r]', data) else data


def decisions(policy, results, as_of):
    lines = [b"claim_id,decision,reason,rule,award,entitled,payable,carried,outstanding,lapsed,paid,difference"]
    for r in results:
        waits = r["wait"] > 0 and r["year"] + policy.carry > as_of
        outstanding, lapsed = (r["wait"], 0) if waits else (0, r["wait"])
        paid = "" if r["paid"] is None else money(r["paid"])
        difference = "" if r["paid"] is None else money(r["paid"] - r["payable"] - r["carried"])
        values = [r["decision"], r["reason"], "", "" if r["award"] is None else money(r["award"]), money(r["entitled"]),
                  money(r["payable"]), money(r["carried"]), money(outstanding), money(lapsed), paid, difference]
        lines.append(b",".join([cell(r["id"])] + [v.encode() for v in values]))
    return lines


def payments(paid, results):
    lines = [b"claim_id,applicant_id,year,amount"]
    for row, applicant, year, amount in sorted(paid, key=lambda p: (p[0], p[2])):
        lines.append(b",".join([cell(results[row]["id"]), cell(applicant), str(year).encode(), money(amount).encode()]))
    return lines


# ---- targets ----------------------------------------------------------------------------------------------------------
def plain(value, kind):
    if kind == "money":
        text = money(value)
        return text.rstrip("0").rstrip(".") if "." in text else text
    value = Fraction(value)
    if value.denominator == 1:
        return str(value.numerator)
    sign, value = ("-", -value) if value < 0 else ("", value)
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    return sign + f"{int(value)}." + f"{int(value * 10**digits) % 10**digits:0{digits}d}".rstrip("0")


def targets(table, rows):
    """table: (indicator, kind, sense, year, target): sense "value" or "growth"."""
    values, keys = {}, set()
    for row in rows:
        name = read(row.get("indicator"), "text")
        raw = trimmed(row.get("year") or b"")
        year = int(raw) if re.fullmatch(rb"[0-9]{4}", raw) and 1990 <= int(raw) <= 2099 else None
        if name in (None, BAD) or year is None:
            continue
        if (name, year) in keys:
            raise Stop("two rows")
        keys.add((name, year))
        values[name.decode(), year] = row.get("value")
    lines = [b"indicator,year,target,actual,gap,status"]
    for name, kind, sense, year, target in table:
        def value_of(y):
            v = read(values.get((name, y)), kind)
            return None if v is BAD else v
        actual = value_of(year)
        if sense == "growth":
            base = value_of(year - 1)
            target = None if base is None else Fraction(base) * 11 / 10
        out = ["" if v is None else plain(v, kind) for v in (target, actual)]
        if target is None or actual is None:
            gap, status = "", "no_data"
        else:
            gap, status = plain(target - actual, kind), "met" if actual >= target else "missed"
        lines.append(",".join([name, str(year), out[0], out[1], gap, status]).encode())
    return lines
