/* The words of findings, in both languages. In braces stands what differs from case to case; a part in brackets is left
 * out where no other claims are known. docs/FINDINGS.md says the same at length; the report's page fills in the same
 * sentences. */
#include "audit/finding.h"

struct phrase {
    const char *english, *chinese;
};

static const char *in(struct phrase phrase, bool chinese) {
    return chinese ? phrase.chinese : phrase.english;
}

const char *pol_finding_name(enum pol_finding_kind kind) {
    static const char *const names[POL_FINDING_KINDS] = {
        "paid_twice", "paid_excluded", "paid_undecided", "limit_used_up", "over_cap", "overpaid", "underpaid", "split"};
    return names[kind];
}

const char *pol_finding_label(enum pol_finding_kind kind, bool chinese) {
    static const struct phrase labels[POL_FINDING_KINDS] = {{"paid twice", "重复支付"},
                                                            {"paid although excluded", "已被排除仍支付"},
                                                            {"paid although nothing decided it", "无依据支付"},
                                                            {"paid in a year used up", "当年额度用尽仍支付"},
                                                            {"paid over a cap", "超上限支付"},
                                                            {"overpaid", "多付"},
                                                            {"underpaid", "少付"},
                                                            {"split below a threshold", "疑似拆分申报"}};
    return in(labels[kind], chinese);
}

const char *pol_finding_meaning(enum pol_finding_kind kind, bool chinese) {
    static const struct phrase meanings[POL_FINDING_KINDS] = {
        {"more was paid than due, because the same matter had been awarded before", "同一事项此前已享受，多付了款项"},
        {"something was paid although an exclusion of the policy held", "存在政策的排除情形，仍予支付"},
        {"something was paid although the claim is out of force, fails a condition, or cannot be decided",
         "申请不在有效期、不符合条件或无法判定，仍予支付"},
        {"more was paid than the limit or the yearly cap of that year still had", "支付超过当年限额或年度上限的余额"},
        {"more was paid than a cap still had", "支付超过上限的余额"},
        {"more was paid than due", "支付超过应付"},
        {"less was paid than due", "支付少于应付"},
        {"several claims of one applicant and item, near in time, each close below a threshold",
         "同一申请人同一事项、时间相近、均略低于门槛的多笔申请"}};
    return in(meanings[kind], chinese);
}

const char *pol_decision_label(enum pol_decision_kind kind, bool chinese) {
    static const struct phrase labels[] = {
        {"granted", "准予"}, {"reduced", "核减"}, {"deferred", "递延"}, {"denied", "不予"}, {"invalid", "无效"}};
    return in(labels[kind], chinese);
}

const char *pol_reason_label(enum pol_reason reason, bool chinese) {
    static const struct phrase labels[POL_REASON_COUNT] = {[POL_OK] = {"in full", "足额"},
                                                           [POL_DUPLICATE_CLAIM] = {"duplicate claim", "申请编号重复"},
                                                           [POL_UNKNOWN_ITEM] = {"unknown item", "事项不属于本政策"},
                                                           [POL_BAD_VALUE] = {"unreadable value", "数据不可读"},
                                                           [POL_MISSING_FIELD] = {"missing value", "数据缺失"},
                                                           [POL_MISSING_PROFILE] = {"no profile", "无申请人当年资料"},
                                                           [POL_NOT_IN_FORCE] = {"not in force", "不在有效期"},
                                                           [POL_EXCLUDED] = {"excluded", "被排除"},
                                                           [POL_INELIGIBLE] = {"not eligible", "不符合条件"},
                                                           [POL_ALREADY_AWARDED] = {"already awarded", "已享受"},
                                                           [POL_CAP_REACHED] = {"cap used up", "上限已用尽"},
                                                           [POL_CAP] = {"cut by a cap", "受上限核减"},
                                                           [POL_LIMIT] = {"deferred by the limit", "受限额递延"}};
    return in(labels[reason], chinese);
}

const char *pol_finding_words(enum words_of_finding words, bool chinese) {
    static const struct phrase sentences[WORDS_COUNT] = {
        [WORDS_TWICE] = {"paid {paid} yuan although the same matter had been awarded before[ by {claims}] ({says}): "
                         "nothing more was due",
                         "同一事项此前已享受[（{claims}）]（{says}），不应再付，仍支付 {paid} 元"},
        [WORDS_TWICE_ELSEWHERE] = {"paid {paid} yuan although what the same matter already got leaves nothing ({says})",
                                   "扣除同一事项已获金额后已无余额（{says}），仍支付 {paid} 元"},
        [WORDS_TWICE_PART] = {"paid {paid} yuan where {due} yuan were due: part of the award of {award} yuan had been "
                              "given for the same matter before[, by {claims}]",
                              "同一事项此前已享受一部分[（{claims}）]，奖励 {award} 元中应付 {due} 元，实付 {paid} 元"},
        [WORDS_TWICE_SAME_ID] = {"paid {paid} yuan on a further row with this claim's id: only the first row counts",
                                 "同一申请编号的另一行支付了 {paid} 元：只有第一行有效"},
        [WORDS_EXCLUDED] = {"paid {paid} yuan although this excludes it: {says}",
                            "属于排除情形（{says}），仍支付 {paid} 元"},
        [WORDS_NOT_IN_FORCE] = {"paid {paid} yuan although the policy is not in force on {date}",
                                "{date} 不在政策有效期内，仍支付 {paid} 元"},
        [WORDS_INELIGIBLE] = {"paid {paid} yuan although this does not hold: {says}",
                              "不符合条件（{says}），仍支付 {paid} 元"},
        [WORDS_UNKNOWN_ITEM] = {"paid {paid} yuan for an item that the policy does not have",
                                "本政策无此事项，仍支付 {paid} 元"},
        [WORDS_BAD_VALUE] = {"paid {paid} yuan although a value it depends on cannot be read",
                             "所需数据不可读、无法判定，仍支付 {paid} 元"},
        [WORDS_MISSING_FIELD] = {"paid {paid} yuan although a value it depends on is missing",
                                 "所需数据缺失、无法判定，仍支付 {paid} 元"},
        [WORDS_MISSING_PROFILE] = {"paid {paid} yuan although nothing is known of the applicant in that year",
                                   "无申请人当年资料、无法判定，仍支付 {paid} 元"},
        [WORDS_LIMIT] =
            {"paid {paid} yuan although the limit of {year} had {payable} yuan left[; {claims} had used it]",
             "{year} 年限额仅余 {payable} 元[（已由 {claims} 占用）]，实付 {paid} 元"},
        [WORDS_YEAR_CAP] = {"paid {paid} yuan although the cap of {year} ({says}) had {due} yuan left[; {claims} had "
                            "used it]",
                            "{year} 年度上限（{says}）仅余 {due} 元[（已由 {claims} 占用）]，实付 {paid} 元"},
        [WORDS_CAP] = {"paid {paid} yuan although the cap ({says}) had {due} yuan left[; {claims} had used it]",
                       "上限（{says}）仅余 {due} 元[（已由 {claims} 占用）]，实付 {paid} 元"},
        [WORDS_OVERPAID] = {"paid {paid} yuan where {due} yuan were due ({says})",
                            "应付 {due} 元（{says}），实付 {paid} 元"},
        [WORDS_UNDERPAID] = {"paid {paid} yuan where {due} yuan were due ({says})",
                             "应付 {due} 元（{says}），实付 {paid} 元"},
        [WORDS_SPLIT_CAP] =
            {"with {claims} of the same applicant and item, near in time, each close below {award} yuan "
             "({says}): {entitled} yuan together",
             "与同一申请人同一事项、时间相近的 {claims} 均略低于 {award} 元（{says}），合计 {entitled} 元"},
        [WORDS_SPLIT_AWARD] =
            {"with {claims} of the same applicant and item, near in time, each close below the most "
             "that one claim gets, {award} yuan ({says}): {entitled} yuan together",
             "与同一申请人同一事项、时间相近的 {claims} 均略低于单笔最高额 {award} 元（{says}），合计 "
             "{entitled} 元"},
        [WORDS_SPLIT_FIELD] = {"with {claims} of the same applicant and item, near in time, each with {field} close "
                               "below {edge}: {entitled} yuan together, {award} yuan as one claim",
                               "与同一申请人同一事项、时间相近的 {claims} 的 {field} 均略低于 {edge}：合计 {entitled} "
                               "元，合为一笔则为 {award} 元"}};
    return in(sentences[words], chinese);
}

const char *pol_help_words(enum pol_help help, bool chinese) {
    static const struct phrase sentences[POL_HELP_COUNT] = {
        [POL_HELP_DUPLICATE] = {"its id must be its own and not empty", "申请编号须唯一且不为空"},
        [POL_HELP_UNKNOWN_ITEM] = {"the item must be one of the policy", "事项须为本政策的事项"},
        [POL_HELP_UNREADABLE] = {"the values listed for it in invalid.csv must be there and readable",
                                 "invalid.csv 中所列该申请的数据须齐全可读"},
        [POL_HELP_PROFILE] = {"the applicants file must have a row for this applicant and the claim's year",
                              "申请人资料须有该申请人当年一行"},
        [POL_HELP_IN_FORCE] = {"its date must lie in the policy's days: {says}", "日期须在政策有效期内：{says}"},
        [POL_HELP_EXCLUDED] = {"this must not hold: {says}", "不得有此情形：{says}"},
        [POL_HELP_CONDITION] = {"this must hold: {says}", "须符合：{says}"},
        [POL_HELP_NOTHING] = {"this must come to more than zero: {says}", "奖励须大于零：{says}"},
        [POL_HELP_AWARDED] = {"no earlier entitled claim with the same key, or an award above what was already given",
                              "同一对象此前未曾享受，或奖励高于已享受的数额"},
        [POL_HELP_CAP] = {"less used of the cap by earlier claims; a cap by year begins anew with the next year",
                          "在先申请占用的上限更少；按年度的上限次年重新计算"},
        [POL_HELP_LIMIT] = {"a higher limit of the year; what is deferred is paid from the limits of the next years",
                            "当年限额更高；递延部分由后续年度限额支付"},
        [POL_HELP_FACT] = {"with {field} {to} instead of {from} the award is {award} yuan",
                           "若 {field} 为 {to}（现为 {from}），奖励为 {award} 元"},
        [POL_HELP_TOGETHER] = {"with all of {facts} the award is {award} yuan", "若同时 {facts}，奖励为 {award} 元"},
        [POL_HELP_NONE] = {"no single fact lifts it to a higher step", "没有哪一项事实的改变会使其升档"}};
    return in(sentences[help], chinese);
}

enum pol_help pol_help_of(enum pol_reason reason, bool nothing) {
    switch (reason) {
    case POL_DUPLICATE_CLAIM:
        return POL_HELP_DUPLICATE;
    case POL_UNKNOWN_ITEM:
        return POL_HELP_UNKNOWN_ITEM;
    case POL_BAD_VALUE:
    case POL_MISSING_FIELD:
        return POL_HELP_UNREADABLE;
    case POL_MISSING_PROFILE:
        return POL_HELP_PROFILE;
    case POL_NOT_IN_FORCE:
        return POL_HELP_IN_FORCE;
    case POL_EXCLUDED:
        return POL_HELP_EXCLUDED;
    case POL_INELIGIBLE:
        return nothing ? POL_HELP_NOTHING : POL_HELP_CONDITION;
    case POL_ALREADY_AWARDED:
        return POL_HELP_AWARDED;
    case POL_CAP_REACHED:
    case POL_CAP:
        return POL_HELP_CAP;
    case POL_LIMIT:
        return POL_HELP_LIMIT;
    case POL_OK:
    case POL_REASON_COUNT:
        break;
    }
    return POL_HELP_NONE;
}
