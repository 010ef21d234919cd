"use strict";
/* What a comparison shows; page.js calls it with what both views share. */
function comparison(kit) {
  const { data, t, both, el, money, count, add, less, near, short, columns, bars, card, legend, table, longTable, filters,
    numeric, show, list, yuan, itemLabel, clauseLabel, yearOf, yearLabel, unpack, say, decisions, reasons } = kit;
  const NAMES = ["claim", "applicant", "item", "date", "old_decision", "old_reason", "old_rule", "old_due",
    "new_decision", "new_reason", "new_rule", "new_due"];
  const change = (sum) => less(sum.after, sum.before);
  const of = (c) => less(c.new_due, c.old_due);
  const signed = (fen) => (BigInt(fen) > 0n ? "+" : "") + money(fen);
  const tint = (fen) => (BigInt(fen) > 0n ? "gain" : BigInt(fen) < 0n ? "over" : "");

  const outcome = (c, side, rules) => {
    const rule = rules[c[side + "_rule"]];
    return [list([[t("decision", "决定"), say(decisions, c[side + "_decision"]) + t(", ", "，") + say(reasons, c[side + "_reason"])],
      [t("due", "应付"), yuan(c[side + "_due"])],
      c[side + "_rule"] ? [t("rule", "规则"), rule.name] : null,
      c[side + "_rule"] && rule.source ? [t("it says", "规则内容"), rule.source] : null,
      c[side + "_rule"] && rule.clause ? [t("clause", "条款"), rule.clause] : null]),
    c[side + "_rule"] && rule.quote ? el("blockquote", {}, rule.quote) : null];
  };
  const openCase = (c) => show(
    el("h2", { class: "wrap", style: "margin-top:0" }, c.claim || t("(no id)", "（无编号）")),
    el("p", { class: tint(of(c)) }, el("b", {}, signed(of(c)))),
    list([[t("applicant", "申请人"), c.applicant], [t("item", "事项"), itemLabel(c.item)], [t("date", "日期"), c.date]]),
    el("h3", {}, t("Before", "原政策")), outcome(c, "old", data.old_rules),
    el("h3", {}, t("After", "新政策")), outcome(c, "new", data.new_rules));

  const sumColumns = (name, label) => [
    { name, value: label, key: label },
    { name: t("claims", "笔数"), number: true, value: (r) => count(r.claims), key: (r) => r.claims },
    { name: t("gain", "受益笔数"), number: true, value: (r) => count(r.gainers), key: (r) => r.gainers },
    { name: t("lose", "受损笔数"), number: true, value: (r) => count(r.losers), key: (r) => r.losers },
    { name: t("before", "原应付"), number: true, value: (r) => money(r.before), key: (r) => BigInt(r.before) },
    { name: t("after", "新应付"), number: true, value: (r) => money(r.after), key: (r) => BigInt(r.after) },
    { name: t("gain", "增加"), number: true, value: (r) => money(r.gain), key: (r) => BigInt(r.gain), tint: (r) => (BigInt(r.gain) ? "gain" : "") },
    { name: t("loss", "减少"), number: true, value: (r) => money(r.loss), key: (r) => BigInt(r.loss), tint: (r) => (BigInt(r.loss) ? "over" : "") },
    { name: t("change", "变动"), number: true, value: (r) => signed(change(r)), key: (r) => change(r), tint: (r) => tint(change(r)) }];

  return () => {
    const cases = data.unpacked || (data.unpacked = unpack(NAMES, data.cases));
    const all = data.all;
    const tiles = el("div", { class: "tiles" }, [
      [t("claims", "申请笔数"), count(data.rows)], [t("due before", "原应付（元）"), money(all.before)],
      [t("due after", "新应付（元）"), money(all.after)], [t("change", "变动（元）"), signed(change(all)), tint(change(all))],
      [t("claims that gain", "受益申请"), `${count(all.gainers)} · +${money(all.gain)}`, "gain"],
      [t("claims that lose", "受损申请"), `${count(all.losers)} · −${money(all.loss)}`, "over"],
      [t("applicants that gain / lose", "受益／受损申请人"), `${count(data.applicants_gaining)} / ${count(data.applicants_losing)}`]]
      .map(([name, value, color]) => el("div", { class: "tile" }, el("span", { class: "soft" }, name), el("b", { class: color }, value))));
    const notes = data.notes.length ? el("ul", { class: "wrap" }, data.notes.map((n) => el("li", {}, both(n)))) : null;

    const years = card(t("Due before and after, by year of the claim", "各年度应付：原与新"), t("yuan", "单位：元"),
      legend([["due", t("before", "原")], ["paid", t("after", "新")]]),
      columns(data.years.map((y) => ({ name: yearLabel(y.year), values: [near(y.before), near(y.after)],
        title: `${yearLabel(y.year)}: ${money(y.before)} → ${money(y.after)}` })), ["due", "paid"], short));
    const moved = (rows, name) => bars(rows.filter((r) => r.gainers + r.losers > 0).map((r) => ({ name: name(r),
      lines: [[[near(r.gain), "good"]], [[near(r.loss), "over"]]],
      number: t(`${count(r.gainers)} gain ${money(r.gain)}, ${count(r.losers)} lose ${money(r.loss)}`,
        `${count(r.gainers)} 笔增加 ${money(r.gain)}，${count(r.losers)} 笔减少 ${money(r.loss)}`) })));
    const winLose = () => legend([["good", t("gain", "增加")], ["over", t("loss", "减少")]]);
    const numbered = (rows) => rows.map((r, i) => ({ ...r, i }));
    const clauses = card(t("Gain and loss by clause", "各条款增减"), null, winLose(), moved(numbered(data.clauses), (c) => clauseLabel(c.i)));
    const items = card(t("Gain and loss by item", "各事项增减"), null, winLose(), moved(numbered(data.items), (c) => itemLabel(c.i)));
    const people = card(t("Applicants with the largest change", "变动最大的申请人"), null, winLose(), moved(data.applicants.slice(0, 10), (a) => a.id));

    const fields = [
      { key: "way", name: t("gain and lose", "增加与减少"), value: (c) => (of(c) > 0n ? "gain" : "lose"), label: (v) => (v === "gain" ? t("gain", "增加") : t("lose", "减少")) },
      { key: "item", name: t("all items", "全部事项"), value: (c) => c.item, label: (v) => itemLabel(Number(v)), order: numeric },
      { key: "year", name: t("all years", "全部年度"), value: yearOf, label: yearLabel },
      { key: "reason", name: t("all new reasons", "全部新判定原因"), value: (c) => c.new_reason, label: (v) => say(reasons, v) }];
    const caseColumns = [
      { name: t("claim", "申请编号"), value: (c) => c.claim }, { name: t("applicant", "申请人"), value: (c) => c.applicant },
      { name: t("change", "变动"), number: true, value: (c) => signed(of(c)), key: of, tint: (c) => tint(of(c)) },
      { name: t("before", "原应付"), number: true, value: (c) => money(c.old_due), key: (c) => BigInt(c.old_due) },
      { name: t("after", "新应付"), number: true, value: (c) => money(c.new_due), key: (c) => BigInt(c.new_due) },
      { name: t("item", "事项"), value: (c) => itemLabel(c.item) }, { name: t("date", "日期"), value: (c) => c.date },
      { name: t("reason before", "原判定"), value: (c) => say(reasons, c.old_reason) },
      { name: t("reason after", "新判定"), value: (c) => say(reasons, c.new_reason) }];
    const caseTable = longTable(caseColumns, cases, {}, openCase);
    const caseFilters = filters(cases, fields, caseTable.update);
    caseFilters.start();
    const sums = (title, name, label, rows, key) => [el("h2", {}, title),
      table(sumColumns(name, label), numbered(rows).filter((r) => r.claims > 0), {},
        key && ((r) => (r.gainers + r.losers) && caseFilters.only(key, key === "year" ? (r.year || "") : r.i)))];
    const itemName = (r) => itemLabel(r.i) + (r.is === "new" ? t(" (new)", "（新增）") : r.is === "dropped" ? t(" (dropped)", "（取消）") : "");
    return [tiles, notes,
      el("h2", {}, t("At a glance", "概览")), el("div", { class: "charts" }, years, clauses, items, people),
      el("h2", {}, t("Cases", "明细")),
      data.changes > cases.length ? el("p", { class: "soft" }, t(
        `The ${count(cases.length)} largest of ${count(data.changes)} changes; all of them are in changes.csv.`,
        `仅列变动最大的 ${count(cases.length)} 笔，共 ${count(data.changes)} 笔，全部见 changes.csv。`)) : null,
      caseFilters, caseTable,
      sums(t("By item", "按事项"), t("item", "事项"), itemName, data.items, "item"),
      sums(t("By clause", "按条款"), t("clause", "条款"), (r) => clauseLabel(r.i), data.clauses),
      sums(t("By year", "按年度"), t("year", "年度"), (r) => yearLabel(r.year), data.years, "year"),
      sums(data.applicant_count > data.applicants.length
        ? t(`By applicant (the ${count(data.applicants.length)} largest of ${count(data.applicant_count)})`, `按申请人（变动最大的 ${count(data.applicants.length)} 家，共 ${count(data.applicant_count)} 家）`)
        : t("By applicant (with changes)", "按申请人（有变动的）"), t("applicant", "申请人"), (r) => r.id, data.applicants)];
  };
}
