"""The sheets of docs/contract/ as tables for oracle.py, row by row."""
import datetime
from fractions import Fraction as F

from oracle import YUAN, Item, Policy

KINDS = ("enterprise", "institution", "association", "agency", "individual")
NOT_INDIVIDUAL = tuple(k for k in KINDS if k != "individual")


def yuan(n):
    return n * YUAN


def fixed(n):
    return lambda c, p: yuan(n)


def table(field, **rows):
    return lambda c, p: yuan(rows[c[field]]) if c[field] in rows else None


def key(*names):
    def of(c, p):
        return tuple(c["applicant_id"] if n == "applicant" else c["date"].year if n == "year" else c[n] for n in names)
    return of


PER_APPLICANT, PER_OBJECT = key("applicant"), key("object_id")
PER_YEAR = key("applicant", "year")
EVERYBODY = key()


def cap(name, maximum, of=PER_YEAR, kind="money", applies=None):
    return (name, of, maximum, kind, applies)


# ---- Dongyang 2021 ----------------------------------------------------------------------------------------------------
def industrialisation(c, p):
    return min(yuan(20_000) + (c["sales"] - yuan(5_000_000)) // yuan(5_000_000) * yuan(10_000), yuan(100_000))


def maintained(c, p):
    return yuan(8_000) if c["maintained_years"] >= 15 else yuan(5_000) if c["maintained_years"] >= 10 else None


E = ("enterprise",)
NUMBERED = ("fee", PER_OBJECT)

DONGYANG = Policy(
    first=datetime.date(2021, 1, 1), last=None,
    profile={"kind": KINDS, "industry": ("woodcarving", "construction", "magnetics", "motors", "other"),
             "registered_locally": "bool", "legal_person": "bool", "sound_accounts": "bool", "in_operation": "bool",
             "contribution": "money", "incident": "bool"},
    fields={**{f: "money" for f in "assessed cost official_fee agent_fee prior_awarded principal premium sales judgment".split()},
            "benchmark_rate": "rate", "days": "days:366", "maintained_years": "years", "operating_years": "years",
            **{f: "count" for f in "new_inventions agency_patents agency_inventions".split()},
            **{f: "bool" for f in ("accepted provincial recorded_provincial domestic separable succeeded first_registration"
                                   " repaid first_industrialised core_support public_employee won").split()},
            "level": ("national_demo", "national_advantage", "provincial_demo", "city_demo", "national", "provincial", "city",
                      "cn_gold", "cn_silver", "cn_excellent", "prov_gold", "prov_excellent"),
            "patent_type": ("invention", "utility", "design"), "right_type": ("patent", "trademark"),
            "country": ("us", "jp", "eu", "other"), "product_id": "text", "registered_in": "text"},
    defaults={"prior_awarded": 0}, less="prior_awarded",
    exclude=lambda c, p: p["incident"],
    eligible=lambda c, p: p["kind"] != "enterprise" or (p["registered_locally"] and p["legal_person"] and
                                                        p["sound_accounts"] and p["in_operation"]),
    limit=lambda p: p["contribution"], carry=2,
    items={
        "certification": Item(["assessed", "cost"], lambda c, p: min(c["assessed"], c["cost"]), E, once=(PER_APPLICANT,)),
        "demo_enterprise": Item(["level"], table("level", national_demo=500_000, national_advantage=300_000,
                                                 provincial_demo=200_000, city_demo=50_000), E, ladder=("de", PER_APPLICANT)),
        "demo_brand": Item(["level"], table("level", national=500_000, provincial=200_000, city=50_000), E,
                           ladder=("db", PER_APPLICANT)),
        "navigation": Item(["object_id", "accepted", "provincial"], fixed(100_000),
                           condition=lambda c, p: c["accepted"] and c["provincial"], once=(PER_OBJECT,)),
        "alliance": Item(["object_id", "recorded_provincial"], fixed(100_000),
                         condition=lambda c, p: c["recorded_provincial"], once=(PER_OBJECT,)),
        "value_platform": Item(["object_id", "accepted", "provincial"], fixed(100_000),
                               condition=lambda c, p: c["accepted"] and c["provincial"], once=(PER_OBJECT,)),
        "invention_fee": Item(["object_id", "patent_type", "assessed", "official_fee"],
                              lambda c, p: min(F(c["assessed"]), F(c["official_fee"], 2)),
                              condition=lambda c, p: c["patent_type"] == "invention", ladder=NUMBERED, exempt=True),
        "carving_patent": Item(["object_id", "patent_type", "domestic"],
                               table("patent_type", invention=4_000, utility=400, design=400), E,
                               condition=lambda c, p: p["industry"] in ("woodcarving", "construction") and c["domestic"],
                               ladder=NUMBERED, exempt=True),
        "value_portfolio": Item(["object_id", "new_inventions"], fixed(100_000), E,
                                condition=lambda c, p: c["new_inventions"] >= 10, once=(PER_OBJECT,),
                                caps=(cap("vp", yuan(300_000)),)),
        "patent_maintained": Item(["object_id", "patent_type", "maintained_years"], maintained,
                                  condition=lambda c, p: c["patent_type"] == "invention", ladder=("pm", PER_OBJECT)),
        "famous_mark": Item(["object_id"], fixed(1_200_000), once=(PER_OBJECT,)),
        "madrid": Item(["cost", "agent_fee"], lambda c, p: c["cost"] - c["agent_fee"], NOT_INDIVIDUAL,
                       caps=(cap("madrid", yuan(30_000), PER_APPLICANT),)),
        "regional_mark": Item(["object_id"], fixed(8_000), NOT_INDIVIDUAL, once=(PER_OBJECT,),
                              caps=(cap("rm", yuan(10_000), PER_APPLICANT),)),
        "national_mark": Item(["registered_in"], fixed(2_000), NOT_INDIVIDUAL, once=(key("applicant", "registered_in"),),
                              caps=(cap("nm", yuan(10_000), PER_APPLICANT),)),
        "gi_mark": Item(["first_registration"], fixed(200_000), NOT_INDIVIDUAL,
                        condition=lambda c, p: c["first_registration"], once=(PER_APPLICANT,), exempt=True),
        "brand_base": Item(["object_id", "level"], table("level", national=300_000, provincial=100_000),
                           ladder=("bb", PER_OBJECT)),
        "brand_station": Item([], fixed(100_000), NOT_INDIVIDUAL, once=(PER_APPLICANT,), exempt=True),
        "pledge_interest": Item(["object_id", "right_type", "principal", "benchmark_rate", "days", "repaid", "separable"],
                                lambda c, p: F(1, 2) * F(c["benchmark_rate"], 10**6) * c["principal"] * c["days"] / 365, E,
                                condition=lambda c, p: c["repaid"] and c["separable"], one_year=PER_OBJECT,
                                caps=(cap("pi", yuan(300_000), key("applicant", "right_type", "year")),)),
        "ip_insurance": Item(["premium"], lambda c, p: F(c["premium"], 2), E, caps=(cap("ins", yuan(100_000)),)),
        "industrialisation": Item(["object_id", "product_id", "first_industrialised", "core_support", "sales"],
                                  industrialisation, E,
                                  condition=lambda c, p: c["first_industrialised"] and c["core_support"] and
                                  c["sales"] >= yuan(5_000_000),
                                  once=(key("product_id"), PER_OBJECT), caps=(cap("ind", yuan(300_000)),)),
        "patent_prize": Item(["object_id", "level"], table("level", cn_gold=1_000_000, cn_silver=600_000, cn_excellent=300_000,
                                                           prov_gold=300_000, prov_excellent=200_000),
                             ladder=("pp", PER_OBJECT)),
        "mediation": Item(["object_id", "succeeded", "public_employee"], fixed(300), ("individual",),
                          condition=lambda c, p: c["succeeded"] and not c["public_employee"], once=(PER_OBJECT,)),
        "protected_market": Item(["object_id", "level"], table("level", national=200_000, provincial=100_000),
                                 once=(key("object_id", "level"),)),
        "domestic_suit": Item(["object_id", "won", "judgment"], lambda c, p: min(F(c["judgment"], 5), F(yuan(50_000))), E,
                              condition=lambda c, p: c["won"], once=(PER_OBJECT,)),
        "foreign_suit": Item(["object_id", "won", "agent_fee", "country"],
                             lambda c, p: min(F(c["agent_fee"], 2),
                                              F(yuan(300_000 if c["country"] in ("us", "jp", "eu") else 150_000))), E,
                             condition=lambda c, p: c["won"], once=(PER_OBJECT,)),
        "agency": Item(["operating_years", "agency_patents", "agency_inventions"], fixed(50_000), ("agency",),
                       condition=lambda c, p: c["operating_years"] >= 1 and c["agency_patents"] >= 50 and
                       c["agency_inventions"] >= 10, once=(PER_APPLICANT,)),
    })

# ---- Lianzhou 2024 ----------------------------------------------------------------------------------------------------
L_KINDS = KINDS + ("park", "authority")
L_NOT_INDIVIDUAL = tuple(k for k in L_KINDS if k != "individual")


def title_kind(c, p):
    if c["level"] in ("national_park", "provincial_park"):
        return p["kind"] == "park"
    if c["level"] in ("national_unit", "provincial_unit"):
        return p["kind"] != "individual"
    return c["level"] == "valuable_work"


def lianzhou(last=datetime.date(2027, 6, 30)):
    station_cap = cap("station", 2, key("year"), "claims", lambda c, p: c["grade"] == "excellent")
    return Policy(
        first=datetime.date(2024, 1, 1), last=last,
        profile={"kind": L_KINDS, "key_enterprise": "bool", "local": "bool"},
        fields={**{f: "money" for f in "assessed amount interest_paid premium municipal_support".split()},
                **{f: "count" for f in "count level_no valid_inventions last_year_grants".split()}, "service_years": "years",
                **{f: "bool" for f in ("related_party filed designated on_list repaid lead_drafter published first_certified won"
                                       " recorded approved top_performance licensed_agent mid_title other_city_support").split()},
                "level": ("gold", "silver", "valuable_work", "national_park", "national_unit", "provincial_park",
                          "provincial_unit", "international", "national", "industry", "national_demo", "national_advantage",
                          "provincial_demo"),
                "transferor": ("university", "state_owned", "local_party", "other"), "instance": ("first", "second"),
                "grade": ("excellent", "qualified", "unqualified")},
        defaults={"other_city_support": False}, exclude=lambda c, p: c["other_city_support"],
        eligible=lambda c, p: p["local"],
        items={
            "value_invention": Item(["object_id"], fixed(2_000), ("enterprise", "institution"), once=(PER_OBJECT,),
                                    caps=(cap("s1", yuan(50_000)),)),
            "first_value": Item([], fixed(10_000), E, condition=lambda c, p: p["key_enterprise"], once=(PER_APPLICANT,),
                                caps=(cap("s1", yuan(50_000)),)),
            "agency_prize": Item(["object_id"], fixed(10_000), ("agency",), once=(PER_OBJECT,)),
            "contest": Item(["object_id", "level"], table("level", gold=50_000, silver=20_000), L_NOT_INDIVIDUAL,
                            once=(PER_OBJECT,)),
            "famous_mark": Item(["object_id"], fixed(100_000), E, once=(PER_OBJECT,)),
            "key_mark": Item(["object_id"], fixed(5_000), once=(PER_OBJECT,)),
            "gi_user": Item([], fixed(2_000), E, once=(PER_APPLICANT,)),
            "gi_product": Item(["object_id"], fixed(100_000), once=(PER_OBJECT,)),
            "copyright": Item(["count"], lambda c, p: yuan(200) * c["count"],
                              caps=(cap("cr", lambda c, p: 50 if p["kind"] == "individual" else 100, PER_YEAR,
                                        ("count", yuan(200))),)),
            "copyright_title": Item(["object_id", "level"],
                                    table("level", valuable_work=20_000, national_park=100_000, national_unit=50_000,
                                          provincial_park=50_000, provincial_unit=20_000), condition=title_kind,
                                    once=(key("object_id", "level"),)),
            "transaction": Item(["object_id", "transferor", "related_party", "filed", "assessed", "amount"],
                                lambda c, p: min(F(c["assessed"]), F(c["amount"], 20)), E,
                                condition=lambda c, p: c["filed"] and (c["transferor"] in ("university", "state_owned") or
                                                                       (c["transferor"] == "local_party" and
                                                                        not c["related_party"])),
                                once=(PER_OBJECT,), caps=(cap("tr", yuan(50_000)),)),
            "pledge_interest": Item(["on_list", "repaid", "interest_paid"], lambda c, p: F(c["interest_paid"], 2), E,
                                    condition=lambda c, p: c["on_list"] and c["repaid"], caps=(cap("pi", yuan(100_000)),)),
            "ip_insurance": Item(["premium"], lambda c, p: F(c["premium"], 2), ("enterprise", "institution"),
                                 caps=(cap("ins", yuan(100_000)),)),
            "securitisation": Item(["object_id", "assessed"], lambda c, p: c["assessed"], L_NOT_INDIVIDUAL, once=(PER_OBJECT,)),
            "standard": Item(["object_id", "lead_drafter", "published", "level"],
                             table("level", international=150_000, national=100_000, industry=50_000), E,
                             condition=lambda c, p: c["lead_drafter"] and c["published"], once=(PER_OBJECT,)),
            "navigation": Item(["object_id", "assessed"], lambda c, p: min(c["assessed"], yuan(100_000)), E,
                               once=(PER_OBJECT,)),
            "demo_enterprise": Item(["level"], table("level", national_demo=80_000, national_advantage=50_000,
                                                     provincial_demo=30_000), E, once=(key("applicant", "level"),)),
            "management_cert": Item(["first_certified", "valid_inventions"], fixed(10_000), E,
                                    condition=lambda c, p: c["first_certified"] and c["valid_inventions"] >= 1,
                                    once=(PER_APPLICANT,)),
            "iso56005": Item(["level_no"], fixed(30_000), ("enterprise", "institution"),
                             condition=lambda c, p: c["level_no"] >= 2, once=(PER_APPLICANT,)),
            "domestic_suit": Item(["object_id", "won", "instance"], fixed(20_000), E, condition=lambda c, p: c["won"],
                                  once=(key("object_id", "instance"),), caps=(cap("suit", yuan(100_000)),)),
            "foreign_suit": Item(["object_id", "won"], fixed(50_000), E, condition=lambda c, p: c["won"], once=(PER_OBJECT,),
                                 caps=(cap("suit", yuan(100_000)),)),
            "station": Item(["grade"], table("grade", excellent=30_000, qualified=10_000), L_NOT_INDIVIDUAL, once=(PER_YEAR,),
                            caps=(station_cap,)),
            "mediation_org": Item(["recorded", "grade"], table("grade", excellent=30_000, qualified=10_000), L_NOT_INDIVIDUAL,
                                  condition=lambda c, p: c["recorded"], once=(PER_YEAR,)),
            "agency_grants": Item(["last_year_grants"], lambda c, p: yuan(500) * c["last_year_grants"], ("agency",),
                                  condition=lambda c, p: c["last_year_grants"] >= 10, once=(PER_YEAR,),
                                  caps=(cap("ag", yuan(50_000)),)),
            "service_project": Item(["object_id", "approved", "assessed"], lambda c, p: min(c["assessed"], yuan(100_000)),
                                    ("agency",), condition=lambda c, p: c["approved"], once=(PER_OBJECT,)),
            "county_match": Item(["object_id", "designated", "municipal_support", "assessed"],
                                 lambda c, p: max(c["assessed"], c["municipal_support"]), ("authority", "park"),
                                 condition=lambda c, p: c["designated"], once=(PER_OBJECT,)),
            "park_award": Item(["top_performance", "assessed"], lambda c, p: max(c["assessed"], yuan(50_000)), ("park",),
                               condition=lambda c, p: c["top_performance"], once=(PER_YEAR,)),
            "talent": Item(["licensed_agent", "mid_title", "service_years"], fixed(5_000), ("individual",),
                           condition=lambda c, p: (c["licensed_agent"] or c["mid_title"]) and c["service_years"] >= 2,
                           once=(PER_APPLICANT,)),
            "training_base": Item(["object_id", "approved", "assessed"], lambda c, p: c["assessed"], L_NOT_INDIVIDUAL,
                                  condition=lambda c, p: c["approved"], once=(PER_OBJECT,)),
        })


# ---- Zhangzhou 2024 ---------------------------------------------------------------------------------------------------
def suit_condition(c, p):
    if not c["won"]:
        return False
    if c["venue"] == "domestic":
        return c["key_industry"] and c["patent_type"] == "invention"
    return p["kind"] == "enterprise"


ISO = {1: 80_000, 2: 120_000, 3: 180_000, 4: 240_000, 5: 380_000}

ZHANGZHOU = Policy(
    first=datetime.date(2024, 2, 2), last=datetime.date(2029, 2, 1),
    profile={"kind": ("enterprise", "university", "institute", "center", "operator", "organisation", "research_center", "bank")},
    fields={**{f: "money" for f in "assessed cost principal_loss other_award".split()},
            **{f: "count" for f in ("new_inventions high_value level_no transferred pledge_firms licences filings"
                                    " guided_entities drafter_rank").split()},
            **{f: "bool" for f in ("newly_introduced first_certified recognised eligible_loan won key_industry"
                                   " free_of_charge").split()},
            "venue": ("domestic", "overseas"), "patent_type": ("invention", "utility", "design")},
    defaults={"other_award": 0}, less="other_award",
    items={
        "new_enterprise": Item(["newly_introduced", "new_inventions", "high_value"], fixed(500_000), E,
                               condition=lambda c, p: c["newly_introduced"] and c["new_inventions"] >= 40 and
                               3 * c["high_value"] >= c["new_inventions"], once=(PER_APPLICANT,)),
        "management_cert": Item(["first_certified"], lambda c, p: yuan(100_000 if p["kind"] == "university" else 50_000),
                                ("university", "institute"), condition=lambda c, p: c["first_certified"],
                                once=(PER_APPLICANT,)),
        "iso56005": Item(["level_no"], lambda c, p: yuan(ISO[c["level_no"]]) if c["level_no"] in ISO else None, E,
                         ladder=("iso", PER_APPLICANT)),
        "transfer": Item(["transferred"], lambda c, p: yuan(30_000) + yuan(5_000) * (c["transferred"] - 6),
                         ("university", "institute"), condition=lambda c, p: c["transferred"] >= 6, once=(PER_YEAR,),
                         caps=(cap("tf", yuan(300_000)),)),
        "intensive_product": Item(["object_id", "recognised"], fixed(5_000), E, condition=lambda c, p: c["recognised"],
                                  once=(PER_OBJECT,), caps=(cap("ip", yuan(100_000)),)),
        "pledge_risk": Item(["object_id", "eligible_loan", "principal_loss"], lambda c, p: F(4, 5) * c["principal_loss"],
                            ("bank",), condition=lambda c, p: c["eligible_loan"], once=(PER_OBJECT,),
                            caps=(cap("fund", yuan(100_000_000), EVERYBODY),)),
        "suit": Item(["object_id", "won", "venue", "key_industry", "patent_type", "cost"],
                     lambda c, p: min(c["cost"], yuan(200_000)), condition=suit_condition, once=(PER_OBJECT,)),
        "service_center": Item(["pledge_firms", "licences", "filings", "free_of_charge"], fixed(150_000), ("center",),
                               condition=lambda c, p: c["pledge_firms"] >= 5 and c["licences"] >= 50 and c["filings"] >= 50 and
                               c["free_of_charge"], once=(PER_YEAR,)),
        "operator": Item(["assessed"], lambda c, p: min(c["assessed"], yuan(2_000_000)), ("operator",),
                         caps=(cap("op", yuan(2_000_000)),)),
        "gi_tourism": Item(["guided_entities"], fixed(150_000), ("organisation",),
                           condition=lambda c, p: c["guided_entities"] >= 15, once=(PER_APPLICANT,)),
        "local_standard": Item(["object_id", "drafter_rank"], fixed(50_000), condition=lambda c, p: c["drafter_rank"] in (1, 2),
                               once=(key("object_id", "applicant"),)),
        "research_center": Item([], fixed(300_000), ("research_center",), once=(PER_YEAR,)),
    })

# ---- targets ----------------------------------------------------------------------------------------------------------
DONGYANG_TARGETS = [("valid_inventions", "count", "value", 2023, 2_500), ("pct_applications", "count", "value", 2023, 100),
                    ("domestic_marks", "count", "value", 2023, 40_000), ("international_marks", "count", "value", 2023, 400),
                    ("annual_pledge", "money", "value", 2023, yuan(1_000_000_000))]
NINGBO_TARGETS = (
    [(n, k, "value", 2022, v) for n, k, v in
     [("valid_inventions", "count", 36_000), ("pct_annual", "count", 650), ("copyright_annual", "count", 4_500),
      ("valid_marks", "count", 400_000), ("madrid_marks", "count", 1_200), ("annual_pledge", "money", yuan(4_000_000_000)),
      ("certified_enterprises", "count", 650), ("national_advantage", "count", 150)]] +
    [(n, "count", "value", y, v) for n, v in
     [("new_brand_stations", 5), ("new_cluster_marks", 2), ("new_valid_marks", 50_000), ("new_famous_marks", 3), ("new_gi", 3),
      ("new_agri_brands", 3)] for y in (2020, 2021, 2022)] +
    [("copyright_annual", "count", "growth", y, None) for y in (2021, 2022)] +
    [(n, "count", "value", 2022, v) for n, v in
     [("secret_stations_provincial", 25), ("secret_stations_municipal", 180), ("standards", 450), ("operating_agencies", 6)]])

GRANTING = {"dongyang": DONGYANG, "lianzhou": lianzhou(), "zhangzhou": ZHANGZHOU}
TARGETS = {"dongyang": DONGYANG_TARGETS, "ningbo": NINGBO_TARGETS}
