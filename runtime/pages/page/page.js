"use strict";
/* The page of a report. Data stands in the element #data (report_html.c says what it holds); money is in fen, beyond
 * 2^53 as text. Every text is set as text: nothing of the data is ever read as HTML. */
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  let lang = data.lang || ((navigator.language || "").toLowerCase().startsWith("zh") ? "zh" : "en");
  const zh = () => lang === "zh";
  const t = (en, cn) => (zh() ? cn : en);
  const both = (pair) => pair[zh() ? 1 : 0];

  // ---- elements -------------------------------------------------------------------------------------------------

  const fill = (node, attributes, children) => {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === undefined || value === null || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : String(value));
    }
    for (const child of children.flat(2)) if (child !== null && child !== undefined) node.append(child);
    return node;
  };
  const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) =>
    fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

  // ---- numbers --------------------------------------------------------------------------------------------------

  const grouped = (digits) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  const count = (n) => grouped(String(n));
  const money = (fen) => {
    let v = BigInt(fen);
    const minus = v < 0n ? "-" : "";
    if (v < 0n) v = -v;
    return minus + grouped(String(v / 100n)) + "." + String(v % 100n).padStart(2, "0");
  };
  const add = (a, b) => BigInt(a) + BigInt(b);
  const less = (a, b) => BigInt(a) - BigInt(b);
  const near = (fen) => Number(BigInt(fen)) / 100; // for lengths of bars alone
  const short = (yuan) => {
    const steps = zh() ? [[1e12, "万亿"], [1e8, "亿"], [1e4, "万"]] : [[1e12, "tn"], [1e9, "bn"], [1e6, "m"], [1e3, "k"]];
    for (const [size, word] of steps) if (Math.abs(yuan) >= size) return Number((yuan / size).toPrecision(3)) + word;
    return String(Number(yuan.toPrecision(3)));
  };
  const percent = (part, whole) => (whole > 0 ? ((100 * part) / whole).toFixed(1) + "%" : "");
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

  // ---- charts ---------------------------------------------------------------------------------------------------

  const legend = (entries) =>
    el("div", { class: "legend" }, entries.map(([color, word]) =>
      el("span", {}, el("i", { style: `background:var(--${color})` }), word)));

  const steps = (top) => {
    const raw = top / 4, size = 10 ** Math.floor(Math.log10(raw || 1));
    const step = [1, 2, 2.5, 5, 10].map((m) => m * size).find((s) => s >= raw) || size;
    const marks = [];
    for (let v = 0; v <= top * 1.0001; v += step) marks.push(v);
    return marks;
  };

  // Groups of upright bars: [{name, values: [yuan], title}]
  const columns = (groups, colors, format) => {
    const width = Math.max(520, groups.length * 46), height = 240, left = 62, bottom = 26;
    const top = Math.max(1e-9, ...groups.flatMap((g) => g.values));
    const y = (v) => 10 + (height - 10 - bottom) * (1 - Math.max(0, v) / top);
    const room = (width - left) / Math.max(1, groups.length), thick = Math.min(26, (room * 0.7) / colors.length);
    const out = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
    for (const mark of steps(top))
      out.append(svg("line", { x1: left, x2: width, y1: y(mark), y2: y(mark), stroke: "var(--line)" }),
        svg("text", { x: left - 6, y: y(mark) + 4, "text-anchor": "end", class: "soft" }, format(mark)));
    groups.forEach((g, i) => {
      const middle = left + room * (i + 0.5), group = svg("g", {}, svg("title", {}, g.title || g.name));
      g.values.forEach((v, k) => group.append(svg("rect", {
        x: middle + (k - colors.length / 2) * thick, y: y(v), width: Math.max(1, thick - 1),
        height: Math.max(v > 0 ? 1 : 0, height - bottom - y(v)), fill: `var(--${colors[k]})` })));
      group.append(svg("text", { x: middle, y: height - 8, "text-anchor": "middle", class: "soft" }, g.name));
      out.append(group);
    });
    return out;
  };

  // Lying bars: [{name, pieces: [[part, color]...] one list for each line, number, open}]
  const bars = (rows) => {
    const top = Math.max(1e-9, ...rows.flatMap((r) => r.lines.map((l) => l.reduce((s, p) => s + Math.max(0, p[0]), 0))));
    return el("div", {}, rows.map((r) =>
      el("div", { class: "bar" + (r.open ? " link" : ""), onclick: r.open, tabindex: r.open ? 0 : undefined,
        onkeydown: r.open && ((e) => e.key === "Enter" && r.open()), title: r.title || r.name },
      el("div", { class: "name" }, r.name),
      el("div", { class: "rail" },
        r.lines.map((line) => el("div", { class: "pieces" }, line.filter((p) => p[0] > 0).map(([part, color]) =>
          el("div", { class: "piece", style: `width:${(100 * part) / top}%;background:var(--${color})` })))),
        el("div", { class: "number" }, r.number)))));
  };

  const card = (title, note, ...content) =>
    el("section", { class: "card" }, el("h3", {}, title), note ? el("p", { class: "soft" }, note) : null, content);

  // ---- tables ---------------------------------------------------------------------------------------------------

  // columns: {name, number, whole, value: row -> shown text, key: row -> what it sorts by, tint: row -> class}
  const head = (cols, sorting, sort) => el("thead", {}, el("tr", {}, cols.map((c, i) => {
    const on = sorting.column === i;
    return el("th", { class: "sort" + (c.number ? " n" : ""), tabindex: 0, onclick: () => sort(i),
      onkeydown: (e) => e.key === "Enter" && sort(i), "aria-sort": on ? (sorting.down ? "descending" : "ascending") : "none" },
    c.name, el("span", { class: "arrow" }, on ? (sorting.down ? "▼" : "▲") : ""));
  })));
  const cells = (cols, row) => cols.map((c) => {
    const text = c.value(row);
    return el("td", { class: [c.number ? "n" : "", c.whole ? "whole" : "", c.tint ? c.tint(row) : ""].join(" ").trim(),
      title: c.whole ? undefined : text }, text);
  });
  const sorted = (rows, cols, sorting) => {
    if (sorting.column === undefined) return rows;
    const key = cols[sorting.column].key || cols[sorting.column].value, sign = sorting.down ? -1 : 1;
    return rows.map((row, i) => [key(row), i, row]).sort((a, b) => sign * compare(a[0], b[0]) || a[1] - b[1]).map((x) => x[2]);
  };
  const turn = (cols, sorting, i) => {
    const down = sorting.column === i ? !sorting.down : !!cols[i].number;
    sorting.column = i;
    sorting.down = down;
  };

  const table = (cols, rows, sorting, open) => {
    const box = el("div", { class: "scroll" });
    const draw = () => box.replaceChildren(el("table", {},
      head(cols, sorting, (i) => { turn(cols, sorting, i); draw(); }),
      el("tbody", {}, sorted(rows, cols, sorting).map((row) =>
        el("tr", { class: open ? "link" : undefined, onclick: open && (() => open(row)) }, cells(cols, row))))));
    draw();
    return box;
  };

  // A table of any length: only the rows in sight are in the document.
  const longTable = (cols, rows, sorting, open) => {
    const HEIGHT = 35, AROUND = 12;
    const box = el("div", { class: "scroll window", tabindex: 0 });
    const body = el("tbody"), inner = el("table");
    let shown = rows, from = -1;
    const draw = (anew) => {
      const first = Math.max(0, Math.floor(box.scrollTop / HEIGHT) - AROUND);
      if (!anew && first === from) return;
      from = first;
      const last = Math.min(shown.length, first + Math.ceil(620 / HEIGHT) + 2 * AROUND);
      const space = (n) => el("tr", { class: "space" }, el("td", { colspan: cols.length, style: `height:${n * HEIGHT}px` }));
      body.replaceChildren(space(first), ...shown.slice(first, last).map((row) =>
        el("tr", { class: "link", tabindex: 0, onclick: () => open(row),
          onkeydown: (e) => e.key === "Enter" && open(row) }, cells(cols, row))), space(shown.length - last));
    };
    const headed = () => {
      inner.replaceChildren(head(cols, sorting, (i) => {
        turn(cols, sorting, i);
        shown = sorted(shown, cols, sorting);
        headed();
        box.scrollTop = 0;
        draw(true);
      }), body);
    };
    headed();
    box.append(inner);
    box.addEventListener("scroll", () => requestAnimationFrame(() => draw(false)));
    box.update = (list) => {
      shown = sorted(list, cols, sorting);
      box.scrollTop = 0;
      draw(true);
    };
    box.update(rows);
    return box;
  };

  // ---- what both views share --------------------------------------------------------------------------------------

  const itemLabel = (i) => data.items[i] && (data.items[i].label || data.items[i].name) || t("(no item)", "（无事项）");
  const clauseLabel = (i) => {
    const c = data.clauses[i];
    return c && (c.number || c.title) ? `${c.number} ${c.title}`.trim() : t("(no clause)", "（无条款）");
  };
  const yearOf = (c) => (c.date ? c.date.slice(0, 4) : "");
  const yearLabel = (y) => (y ? String(y) : t("(no date)", "（无日期）"));
  const byName = (list) => Object.fromEntries(list.map((x) => [x.name, x]));
  const decisions = byName(data.words.decisions), reasons = byName(data.words.reasons);
  const say = (words, name) => (words[name] ? both(words[name].label) : name);

  const dialog = el("dialog", { "aria-label": "…" });
  const show = (...content) => {
    dialog.replaceChildren(el("button", { class: "close", onclick: () => dialog.close() }, t("close", "关闭")), ...content.flat());
    if (!dialog.open) dialog.showModal();
  };
  dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
  const list = (pairs) => el("dl", {}, pairs.filter((p) => p && p[1] !== "" && p[1] !== undefined).map(([name, value]) =>
    [el("dt", {}, name), el("dd", {}, value)]));
  const yuan = (fen) => t(`${money(fen)} yuan`, `${money(fen)} 元`);

  const law = (rule, clause) => {
    const r = data.rules[rule], c = data.clauses[clause], quote = (r && r.quote) || (c && c.quote);
    return [
      list([[t("clause", "条款"), clauseLabel(clause)], rule ? [t("rule", "规则"), r.name] : null,
        rule && r.source ? [t("it says", "规则内容"), r.source] : null]),
      quote ? el("blockquote", {}, quote) : null];
  };

  const filters = (cases, fields, update) => {
    const state = {};
    const input = el("input", { type: "search", placeholder: t("claim or applicant", "申请编号或申请人"),
      "aria-label": t("claim or applicant", "申请编号或申请人") });
    const number = el("span", { class: "soft" });
    const apply = () => {
      const needle = input.value.trim().toLowerCase();
      const found = cases.filter((c) => {
        for (const f of fields) if (state[f.key] !== undefined && String(f.value(c)) !== state[f.key]) return false;
        return !needle || c.claim.toLowerCase().includes(needle) || c.applicant.toLowerCase().includes(needle);
      });
      number.textContent = t(`${count(found.length)} of ${count(cases.length)}`, `共 ${count(cases.length)} 笔，显示 ${count(found.length)} 笔`);
      update(found);
    };
    const selects = {};
    for (const f of fields) {
      const values = [...new Set(cases.map((c) => String(f.value(c))))].sort((a, b) => f.order ? f.order(a, b) : compare(a, b));
      const select = el("select", { "aria-label": f.name },
        el("option", { value: "" }, f.name), values.map((v) => el("option", { value: "=" + v }, f.label(v))));
      select.addEventListener("change", () => {
        state[f.key] = select.value ? select.value.slice(1) : undefined;
        apply();
      });
      selects[f.key] = select;
    }
    let wait;
    input.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(apply, 150); });
    const box = el("div", { class: "filters" }, input, Object.values(selects), number);
    box.start = apply;
    box.only = (key, value) => {
      input.value = "";
      for (const f of fields) { state[f.key] = undefined; selects[f.key].value = ""; }
      state[key] = String(value);
      selects[key].value = "=" + value;
      apply();
      box.scrollIntoView({ behavior: "smooth", block: "start" });
    };
    return box;
  };
  const numeric = (a, b) => Number(a) - Number(b);

  // ---- an audit ---------------------------------------------------------------------------------------------------

  const NAMES = ["kind", "claim", "applicant", "item", "date", "clause", "rule", "decision", "reason", "award", "entitled",
    "payable", "carried", "paid", "due", "amount", "others", "other_count", "sentence", "better", "field", "edge"];
  // All of one shape, member by member: there are many.
  const unpack = (names, rows) => rows.map((row) => {
    const out = {};
    for (let i = 0; i < names.length; i++) out[names[i]] = row[i];
    return out;
  });

  // The same sentences as in findings.csv: {…} differs from case to case, […] stands only where other claims are known.
  const sentence = (c) => {
    const values = {
      paid: () => money(c.paid), due: () => money(c.due), award: () => money(c.award), entitled: () => money(c.entitled),
      payable: () => money(c.payable), year: () => yearOf(c) || "?", date: () => c.date || "?",
      field: () => c.field || "", edge: () => c.edge || "",
      says: () => (c.rule ? data.rules[c.rule].source || data.rules[c.rule].name : "-"),
      claims: () => {
        const more = c.other_count - c.others.length;
        return c.others.join(t(", ", "、")) + (more > 0 ? t(` and ${count(more)} more`, ` 等 ${count(c.other_count)} 笔`) : "");
      } };
    return both(data.words.sentences[c.sentence])
      .replace(/\[([^\]]*)\]/g, (_, part) => (c.other_count > 0 ? part : ""))
      .replace(/\{([a-z]+)\}/g, (_, name) => (values[name] ? values[name]() : ""));
  };

  // What would make the decision better: by its reason, then single facts that were tried.
  const better = (c) => {
    const words = data.words.help, of = data.words.help_of, rule = data.rules[c.rule];
    const put = (i, values) => both(words[i]).replace(/\{([a-z]+)\}/g, (_, name) => (name in values ? values[name] : ""));
    const lines = [];
    const reason = rule && rule.no_award ? of.no_award : of[c.reason];
    if (c.kind !== "split" && reason !== undefined && reason !== of.none)
      lines.push(put(reason, { says: c.rule ? rule.source || rule.name : "-" }));
    for (const [facts, award] of c.better || []) {
      const [field, from, to] = facts[0];
      lines.push(facts.length === 1 ? put(of.fact, { field, from, to, award: money(award) })
        : put(of.together, { facts: facts.map((f) => t(`${f[0]} ${f[2]}`, `${f[0]} 为 ${f[2]}`)).join(t(", ", "、")), award: money(award) }));
    }
    if (c.kind === "split") lines.push(t("none: each claim was decided as it stands; somebody should look whether they are one matter",
      "无：各笔均按其自身判定；请核查是否属于同一事项"));
    return lines.length ? lines : [put(of.none, {})];
  };

  const STAGES = [
    ["valid", "有效", ["duplicate_claim", "unknown_item", "bad_value", "missing_field", "missing_profile"]],
    ["in force", "在有效期", ["not_in_force"]],
    ["not excluded", "未被排除", ["excluded"]],
    ["eligible", "符合条件", ["ineligible"]],
    ["not awarded before", "此前未享受", ["already_awarded"]],
    ["within caps", "上限有余", ["cap_reached"]]];

  const stages = (c) => {
    const stop = STAGES.findIndex((s) => s[2].includes(c.reason));
    const items = STAGES.map((s, i) => el("li", { class: i === stop ? "stop" : stop >= 0 && i > stop ? "after" : undefined },
      t(s[0], s[1]) + t(": ", "：") + (i === stop ? t("no — ", "否——") + say(reasons, c.reason)
        : stop >= 0 && i > stop ? "—" : t("yes", "是"))));
    return el("ol", { class: "stages", start: 0 }, items);
  };

  const audit = () => {
    const cases = data.unpacked || (data.unpacked = unpack(NAMES, data.cases));
    const kinds = byName(data.words.kinds);
    const kindName = (c) => say(kinds, c.kind);
    const all = data.reasons.reduce((s, r) => ({
      claims: s.claims + r.claims, with_paid: s.with_paid + r.with_paid, paid: add(s.paid, r.paid),
      difference: add(s.difference, r.difference) }), { claims: 0, with_paid: 0, paid: 0n, difference: 0n });
    const over = data.years.reduce((s, y) => add(s, y.over), 0n), under = data.years.reduce((s, y) => add(s, y.under), 0n);
    const found = data.kinds.reduce((s, k) => s + k.count, 0);

    const openCase = (c) => show(
      el("h2", { class: "wrap", style: "margin-top:0" }, c.claim || t("(no id)", "（无编号）")),
      el("p", {}, el("b", {}, kindName(c)), " · ", yuan(c.amount)), el("p", { class: "wrap" }, sentence(c)),
      list([[t("applicant", "申请人"), c.applicant], [t("item", "事项"), itemLabel(c.item)], [t("date", "日期"), c.date],
        [t("decision", "决定"), say(decisions, c.decision) + t(", ", "，") + say(reasons, c.reason)],
        c.award !== null && c.kind !== "split" ? [t("award", "奖励"), yuan(c.award)] : null,
        c.award !== null && c.kind === "split" && !c.field ? [t("threshold", "门槛"), yuan(c.award)] : null,
        c.field ? [t("threshold", "门槛"), `${c.field} ${c.edge}`] : null,
        c.award !== null && c.field ? [t("as one claim", "合为一笔"), yuan(c.award)] : null,
        [t("entitled", "应得"), yuan(c.entitled)],
        BigInt(c.carried) !== 0n ? [t("carried", "结转支付"), yuan(c.carried)] : null,
        [t("due", "应付"), yuan(c.due)], [t("paid", "实付"), yuan(c.paid)],
        [t("difference", "差额"), yuan(less(c.paid, c.due))],
        c.others.length ? [t("other claims", "相关申请"), el("span", {}, c.others.map((id, i) => {
          const other = data.byClaim().get(id);
          return [i ? t(", ", "、") : "", other ? el("button", { onclick: () => openCase(other) }, id) : id];
        }), c.other_count > c.others.length ? t(` and ${count(c.other_count - c.others.length)} more`, ` 等 ${count(c.other_count)} 笔`) : "")] : null]),
      el("h3", {}, t("The way through the stages", "逐级经过")), stages(c),
      el("h3", {}, t("What the policy says", "政策依据")), law(c.rule, c.clause),
      el("h3", {}, t("What would make it better", "怎样才会更好")), el("ul", { class: "wrap" }, better(c).map((line) => el("li", {}, line))));
    data.byClaim = data.byClaim || (() => data.claimMap || (data.claimMap = new Map(cases.map((c) => [c.claim, c]))));

    const tiles = el("div", { class: "tiles" }, [
      [t("claims", "申请笔数"), count(data.rows)],
      [t("that say what was paid", "其中有实付金额"), count(all.with_paid)],
      [t("paid", "实付（元）"), money(all.paid)], [t("due for these", "对应应付（元）"), money(less(all.paid, all.difference))],
      [t("overpaid", "多付（元）"), money(over), "over"], [t("underpaid", "少付（元）"), money(under), "under"],
      [t("findings", "发现"), count(found)]].map(([name, value, tint]) =>
      el("div", { class: "tile" }, el("span", { class: "soft" }, name), el("b", { class: tint }, value))));

    const gapBars = (rows, name) => bars(rows.filter((r) => r.claims > 0).map((r) => ({
      name: name(r), lines: [[[near(r.paid), "paid"]], [[near(r.due), "due"]]],
      number: t(`paid ${money(r.paid)}, due ${money(r.due)}`, `实付 ${money(r.paid)}，应付 ${money(r.due)}`) })));
    const paidDue = () => legend([["paid", t("paid", "实付")], ["due", t("due", "应付")]]);

    const years = card(t("Paid against due, by year of the claim", "各年度实付与应付"),
      t("yuan; claims that say what was paid", "单位：元；仅含有实付金额的申请"), paidDue(),
      columns(data.years.map((y) => ({ name: yearLabel(y.year), values: [near(y.paid), near(y.due)],
        title: `${yearLabel(y.year)}: ${t("paid", "实付")} ${money(y.paid)}, ${t("due", "应付")} ${money(y.due)}` })), ["paid", "due"], short));
    const clauses = card(t("Paid against due, by clause", "各条款实付与应付"),
      t("by the clause that decided", "按作出决定的条款"), paidDue(),
      gapBars(data.clauses.map((c, i) => ({ ...c, i })), (c) => clauseLabel(c.i)));

    const edge = (i) => short(10 ** i);
    const size = (i) => (i === 9 ? t(`over ${edge(8)}`, `${edge(8)}以上`) : t(`up to ${edge(i)}`, `${edge(i)}以内`));
    const sizes = card(t("How large the differences are", "差额分布"),
      t(`claims by difference in yuan; ${count(data.exact)} claims were paid exactly what was due`,
        `按差额（元）分组的申请笔数；${count(data.exact)} 笔实付与应付一致`),
      legend([["under", t("underpaid", "少付")], ["over", t("overpaid", "多付")]]),
      bars([...Array(9).keys()].map((i) => ({ name: size(i + 1),
        lines: [[[data.over_by_size[i], "over"]], [[data.under_by_size[i], "under"]]],
        number: t(`overpaid ${count(data.over_by_size[i])}, underpaid ${count(data.under_by_size[i])}`,
          `多付 ${count(data.over_by_size[i])} 笔，少付 ${count(data.under_by_size[i])} 笔`) }))));

    const largest = card(t("The largest cases", "金额最大的发现"), t("click one for its explanation", "点击查看说明"),
      bars(cases.slice(0, 10).map((c) => ({ name: c.claim, open: () => openCase(c),
        lines: [[[near(c.amount), c.kind === "underpaid" ? "under" : "over"]]],
        number: `${money(c.amount)} · ${kindName(c)} · ${itemLabel(c.item)}` }))));

    const of = (names) => data.reasons.filter((r) => names.includes(r.reason)).reduce((s, r) => s + r.claims, 0);
    let left = data.rows;
    const funnelRows = [{ name: t("all claims", "全部申请"), lines: [[[left, "paid"]]], number: count(left) }];
    for (const [en, cn, names] of STAGES) {
      const gone = of(names);
      left -= gone;
      const why = data.reasons.filter((r) => names.includes(r.reason) && r.claims > 0)
        .map((r) => `${say(reasons, r.reason)} ${count(r.claims)}`).join(t(", ", "、"));
      funnelRows.push({ name: t(en, cn), lines: [[[left, "paid"], [gone, "due"]]],
        number: `${count(left)} (${percent(left, data.rows)})` + (gone ? ` − ${why}` : ""), title: why });
    }
    for (const name of ["ok", "cap", "limit"])
      funnelRows.push({ name: "· " + say(reasons, name), lines: [[[of([name]), "good"]]], number: `${count(of([name]))} (${percent(of([name]), data.rows)})` });
    const funnel = card(t("What became of the claims", "申请判定漏斗"),
      t("stage by stage; grey ends at that stage", "逐级判定；灰色为止于该级的申请"), bars(funnelRows));

    const fields = [
      { key: "kind", name: t("all kinds", "全部类型"), value: (c) => c.kind, label: (v) => say(kinds, v) },
      { key: "item", name: t("all items", "全部事项"), value: (c) => c.item, label: (v) => itemLabel(Number(v)), order: numeric },
      { key: "clause", name: t("all clauses", "全部条款"), value: (c) => c.clause, label: (v) => clauseLabel(Number(v)), order: numeric },
      { key: "year", name: t("all years", "全部年度"), value: yearOf, label: yearLabel }];
    const caseColumns = [
      { name: t("kind", "类型"), value: kindName }, { name: t("claim", "申请编号"), value: (c) => c.claim },
      { name: t("amount", "金额"), number: true, value: (c) => money(c.amount), key: (c) => BigInt(c.amount),
        tint: (c) => (c.kind === "underpaid" ? "under" : "over") },
      { name: t("paid", "实付"), number: true, value: (c) => money(c.paid), key: (c) => BigInt(c.paid) },
      { name: t("due", "应付"), number: true, value: (c) => money(c.due), key: (c) => BigInt(c.due) },
      { name: t("applicant", "申请人"), value: (c) => c.applicant }, { name: t("item", "事项"), value: (c) => itemLabel(c.item) },
      { name: t("date", "日期"), value: (c) => c.date }, { name: t("clause", "条款"), value: (c) => clauseLabel(c.clause), key: (c) => c.clause },
      { name: t("explanation", "说明"), value: (c) => sentence(c), key: (c) => c.sentence }];
    const caseTable = longTable(caseColumns, cases, {}, openCase);
    const caseFilters = filters(cases, fields, caseTable.update);
    caseFilters.start();

    const gapColumns = (name, label) => [
      { name, value: label, key: label },
      { name: t("claims", "笔数"), number: true, value: (r) => count(r.claims), key: (r) => r.claims },
      { name: t("paid", "实付"), number: true, value: (r) => money(r.paid), key: (r) => BigInt(r.paid) },
      { name: t("due", "应付"), number: true, value: (r) => money(r.due), key: (r) => BigInt(r.due) },
      { name: t("overpaid", "多付"), number: true, value: (r) => money(r.over), key: (r) => BigInt(r.over), tint: (r) => (BigInt(r.over) ? "over" : "") },
      { name: t("claims", "笔数"), number: true, value: (r) => count(r.over_claims), key: (r) => r.over_claims },
      { name: t("underpaid", "少付"), number: true, value: (r) => money(r.under), key: (r) => BigInt(r.under), tint: (r) => (BigInt(r.under) ? "under" : "") },
      { name: t("claims", "笔数"), number: true, value: (r) => count(r.under_claims), key: (r) => r.under_claims }];
    const gap = (title, name, label, rows, key) => [el("h2", {}, title),
      table(gapColumns(name, label), rows.map((r, i) => ({ ...r, i })).filter((r) => r.claims > 0), {},
        key && ((r) => caseFilters.only(key, key === "year" ? (r.year || "") : r.i)))];

    const kindTable = table([
      { name: t("kind", "类型"), value: (k) => say(kinds, k.kind), key: (k) => k.kind },
      { name: t("findings", "发现"), number: true, value: (k) => count(k.count), key: (k) => k.count },
      { name: t("amount", "金额（元）"), number: true, value: (k) => money(k.amount), key: (k) => BigInt(k.amount) },
      { name: t("meaning", "含义"), whole: true, value: (k) => both(kinds[k.kind].meaning), key: (k) => k.kind }],
    data.kinds, {}, (k) => k.count && caseFilters.only("kind", k.kind));

    return [tiles,
      el("h2", {}, t("Findings by kind", "发现汇总")), el("p", { class: "soft" }, t("click a row to see its cases", "点击一行查看对应明细")), kindTable,
      el("h2", {}, t("At a glance", "概览")), el("div", { class: "charts" }, years, clauses, sizes, funnel, cases.length ? largest : null),
      el("h2", {}, t("Cases", "明细")),
      found > cases.length ? el("p", { class: "soft" }, t(
        `The ${count(cases.length)} largest of ${count(found)} findings; all of them are in findings.csv.`,
        `仅列金额最大的 ${count(cases.length)} 项，共 ${count(found)} 项，全部见 findings.csv。`)) : null,
      caseFilters, caseTable,
      gap(t("By item", "按事项"), t("item", "事项"), (r) => itemLabel(r.i), data.items, "item"),
      gap(t("By clause", "按条款"), t("clause", "条款"), (r) => clauseLabel(r.i), data.clauses, "clause"),
      gap(t("By year", "按年度"), t("year", "年度"), (r) => yearLabel(r.year), data.years, "year"),
      gap(data.applicant_count > data.applicants.length
        ? t(`By applicant (the ${count(data.applicants.length)} largest of ${count(data.applicant_count)}; all in differences.csv)`,
          `按申请人（差额最大的 ${count(data.applicants.length)} 家，共 ${count(data.applicant_count)} 家，全部见 differences.csv）`)
        : t("By applicant (with differences)", "按申请人（有差额的）"), t("applicant", "申请人"), (r) => r.id, data.applicants)];
  };

  // ---- the page ---------------------------------------------------------------------------------------------------

  const views = { audit };
  if (typeof comparison === "function") views.compare = comparison({ data, t, both, el, money, count, add, less, near, short,
    columns, bars, card, legend, table, longTable, filters, numeric, show, list, yuan, law, itemLabel, clauseLabel, yearOf,
    yearLabel, unpack, say, decisions, reasons });
  const page = document.getElementById("page");
  const draw = () => {
    document.documentElement.lang = zh() ? "zh-CN" : "en";
    const choose = (code, word) => el("button", { "aria-pressed": String(lang === code), lang: code === "zh" ? "zh-CN" : "en",
      onclick: () => { lang = code; draw(); } }, word);
    const title = both(data.title);
    document.title = title;
    page.replaceChildren(
      el("header", {}, el("div", { style: "min-width:0;flex:1 1 300px" }, el("h1", {}, title),
        data.lines.map((line) => el("p", { class: "soft wrap" }, both(line)))),
      el("div", {}, choose("zh", "中文"), " ", choose("en", "English"))),
      ...views[data.view]().flat().filter((x) => x));
    page.append(dialog);
    document.documentElement.dataset.ready = "yes";
  };
  draw();
})();
