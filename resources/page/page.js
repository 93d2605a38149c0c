// The reviewer's page: every view is an address behind the #, every text of a model is shown as text.
"use strict";
{
  const ROWS = 50; // lines of a list at a time
  const CUT = 160; // characters of a text in a list
  const ZOOM = 1.4; // of a figure: its letters are of print size
  const here = document.currentScript;
  const main = document.getElementById("main");
  const parts = new Map(); // id -> promise of what the part holds
  const waiting = new Map(); // id -> what takes the text of a part from a file
  let data; // what the page opens with
  let listed = []; // what the last list showed: [run, row]
  let listQuery = null; // the address of that list
  let turn = 0; // number of the last view, so that a slow one does not overwrite a later one

  // ---- elements: text only, never markup ----
  function make(tag, options = {}, ...children) {
    const { text, classes, on, label, ...rest } = options;
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(rest)) element[name] = value;
    if (classes) element.className = classes;
    if (text !== undefined) element.textContent = visible(text);
    if (label) element.setAttribute("aria-label", visible(label));
    if (on) for (const [event, handler] of Object.entries(on)) element.addEventListener(event, handler);
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
    return element;
  }

  // control characters by their pictures, marks of direction by their numbers
  function visible(text) {
    return String(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (one) => {
      const code = one.codePointAt(0);
      if (code < 0x20) return String.fromCodePoint(0x2400 + code);
      return code === 0x7f ? "\u2421" : `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
    });
  }

  const cut = (text, most = CUT) => (text.length > most ? `${text.slice(0, most)} …` : text);
  const count = (number) => number.toLocaleString("en");
  const list = (values) => (values === null ? "not readable" : values.join(" | ") || "(empty)");

  // ---- parts: in the page, or in files beside it ----
  async function unpack(text) {
    const raw = atob(text);
    const bytes = new Uint8Array(raw.length);
    for (let place = 0; place < raw.length; place++) bytes[place] = raw.charCodeAt(place);
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  }

  function load(id) {
    if (!parts.has(id)) parts.set(id, (async () => unpack(await fetchText(id)))());
    return parts.get(id);
  }

  function fetchText(id) {
    const inside = document.getElementById(`part.${id}`);
    if (inside) return inside.textContent;
    return new Promise((resolve, reject) => {
      waiting.set(id, resolve);
      const address = `${here.dataset.parts}/${encodeURIComponent(id)}.js`;
      const script = make("script", { src: address, nonce: here.nonce });
      script.addEventListener("error", () => reject(new Error(`${address} is not there: keep the folder beside this page`)));
      document.head.append(script);
    });
  }

  window.receive = (id, text) => waiting.get(id)?.(text);

  // ---- names ----
  const named = (kind, name) => data[kind].find((one) => one.name === name);
  const title = (kind, name) => named(kind, name)?.title ?? name;
  const header = (text) => text[0].toUpperCase() + text.slice(1);
  const scorerTitle = (name) => data.scorer_titles[name];
  const scorers = () => data.scorers.map(scorerTitle).map(header);
  const table = (name) => data.tables.find((one) => one.name === name);

  function address(view, values = {}) {
    const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== "" && value !== undefined && value !== null));
    return `#${view}${String(query) ? `?${query}` : ""}`;
  }

  function parse() {
    const [view, query = ""] = location.hash.slice(1).split(/\?(.*)/s);
    return { view, query: Object.fromEntries(new URLSearchParams(query)) };
  }

  // ---- items ----
  // a run here is one dataset, model, arm and seed; `fill` adds its rows
  const listRuns = (some) => some.flatMap((part) => part.runs.map((run, place) => Object.assign(run, { part, place, dataset: part.dataset, model: part.model })));

  async function fill(some) {
    await Promise.all(some.map(async (run) => {
      if (run.rows) return;
      const [questions, cells] = await Promise.all([load(`questions.${run.dataset}`), load(run.part.items)]);
      Object.assign(run, cells[run.place], { questions });
    }));
  }

  const questionOf = (run, row) => run.questions[run.rows[row][0]];
  const flag = (run, scorer, part, row) => (part === "answer" ? run.judged[scorer]?.answer : run.judged[scorer]?.parts[part])?.[row] ?? "-";

  function differ(run, row) {
    const judged = ["answer", ...data.steps.map((step) => step.name)];
    return judged.some((part) => new Set(data.scorers.map((scorer) => flag(run, scorer, part, row))).size > 1);
  }

  function words(run, row) {
    run.lower ??= [];
    return (run.lower[row] ??= [questionOf(run, row).id, questionOf(run, row).question, run.rows[row][1], ...questionOf(run, row).answers].join("\n").toLowerCase());
  }

  const chosen = (query) => data.runs.filter((run) => ["dataset", "model", "arm"].every((key) => !query[key] || query[key] === run[key]) && (!query.seed || query.seed === String(run.seed)));

  function select(query) {
    const scorer = query.scorer || data.scorer;
    const step = query.step || data.whole;
    const text = (query.text ?? "").toLowerCase();
    const found = [];
    for (const run of chosen(query)) {
      for (let row = 0; row < run.rows.length; row++) {
        if (query.class && questionOf(run, row).class !== query.class) continue;
        // an item without a verdict on the step enters no matrix: it is neither right nor wrong
        if (query.trace && flag(run, scorer, step, row) !== query.trace) continue;
        if (query.answer && flag(run, scorer, "answer", row) !== query.answer) continue;
        if (query.follows && run.follows?.[row] !== query.follows) continue;
        if (query.differ && differ(run, row) !== (query.differ === "1")) continue;
        if (text && !words(run, row).includes(text)) continue;
        found.push([run, row]);
      }
    }
    return found;
  }

  const itemAddress = (run, row) => address("item", { dataset: run.dataset, model: run.model, arm: run.arm, seed: run.seed, id: questionOf(run, row).id });

  const VERDICTS = { 1: ["right", "✓"], 0: ["wrong", "✗"], "-": ["uncounted", "–"] };
  function verdict(value, before = "") {
    const [classes, mark] = VERDICTS[value];
    return make("span", { classes, text: `${before}${mark} ${data.verdict_titles[value]}` });
  }

  // where none can be read, how the output ends
  function answerText(run, row) {
    const [, text, , answer] = run.rows[row];
    if (answer !== null) return cut(list(answer));
    const whole = text.trim();
    return `${list(answer)}; the output ends: ${whole.length > CUT ? "… " : ""}${whole.slice(-CUT)}`;
  }

  // ---- redo this ----
  const quote = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\"'\"'")}'`);

  function command(path) {
    return `${data.call} --force ${quote(path)}`;
  }

  // row: how a line of a CSV file begins
  function redo(path, row) {
    const commands = [command(path), ...(row ? [`grep -nF -- ${quote(row)} ${quote(path)}`] : [])];
    const said = make("p", { classes: "soft", role: "status" });
    const copy = make("button", {
      type: "button", text: "Copy the command",
      on: { click: async () => {
        try {
          await navigator.clipboard.writeText(commands.join("\n"));
          said.textContent = "Copied.";
        } catch {
          getSelection().selectAllChildren(code);
          said.textContent = "Selected: copy it by Ctrl+C.";
        }
      } },
    });
    const code = make("code", { classes: "mono box", tabIndex: 0, text: commands.join("\n") });
    return make("details", { classes: "redo" }, make("summary", { text: "Redo this" }), code, make("p", {}, copy), said, origin(path));
  }

  function origin(path) {
    const [place, digest] = data.sources.files[path] ?? [];
    if (place === undefined) return make("p", { classes: "soft", text: "No record tells how this file was made." });
    const job = data.sources.jobs[place];
    const inputs = Object.entries(job.inputs);
    const rows = [
      ["File", path], ["SHA-256", digest], ["Rule", job.rule], ["Took", `${job.wall_s} s on ${job.device}, the whole job`],
      ["Code", `${job.commit ?? "outside of git"}${job.dirty ? ", with changes" : ""}`], ["Ended", job.finished],
    ];
    return [
      pairs(rows),
      make("details", {}, make("summary", { text: `Its ${count(inputs.length)} inputs with SHA-256` }),
        make("ul", { classes: "mono box", tabIndex: 0, label: "Inputs" }, inputs.map(([name, sum]) => make("li", { text: `${sum}  ${name}` })))),
    ];
  }

  const pairs = (rows) => make("dl", {}, rows.map(([name, text]) => [make("dt", { text: name }), make("dd", { text })]));

  // ---- tables ----
  const isNumber = (text) => /^[−-]?[\d,.]+( %)?$/.test(text);

  function shortNumber(text) {
    if (!/^-?\d*\.\d{4,}(e-?\d+)?$/.test(text)) return text;
    const value = Number(text);
    return Math.abs(value) >= 1 ? value.toFixed(2) : String(Number(value.toPrecision(3)));
  }

  function frame(columns, rows, caption, cells = (text) => text) {
    return make("div", { classes: "scroll", tabIndex: 0, role: "group", label: caption },
      make("table", {},
        make("caption", { text: caption }),
        make("thead", {}, make("tr", {}, columns.map((name) => make("th", { scope: "col", text: name })))),
        make("tbody", {}, rows.map((row) => make("tr", {}, row.map((text, place) => {
          const cell = cells(text, place);
          if (cell instanceof Node) return make("td", {}, cell);
          const short = shortNumber(cell);
          return make("td", { text: short, classes: isNumber(short) ? "number" : short.length > 40 ? "long" : "" });
        }))))));
  }

  function pager(total, query, view) {
    const pages = Math.ceil(total / ROWS);
    const now = Math.min(Math.max(Number(query.page) || 1, 1), Math.max(pages, 1));
    const to = (page) => () => { location.hash = address(view, { ...query, page: page === 1 ? "" : page }); };
    const buttons = pages < 2 ? null : make("div", { classes: "buttons", role: "group", label: "Pages" },
      make("button", { type: "button", text: "Previous page", disabled: now === 1, on: { click: to(now - 1) } }),
      make("span", { text: `Page ${count(now)} of ${count(pages)}` }),
      make("button", { type: "button", text: "Next page", disabled: now === pages, on: { click: to(now + 1) } }));
    return { start: (now - 1) * ROWS, end: now * ROWS, buttons };
  }

  // ---- filters: the address is the state ----
  function filters(view, query, fields) {
    const change = (name, value) => { location.hash = address(view, { ...query, page: "", [name]: value }); };
    return make("form", { classes: "filters", on: { submit: (event) => event.preventDefault() } }, fields.map(([name, label, options]) => {
      const id = `by-${name}`;
      const value = query[name] ?? "";
      if (!options) {
        const input = make("input", { id, type: "search", value, autocomplete: "off", on: { change: (event) => change(name, event.target.value) } });
        return make("div", {}, make("label", { htmlFor: id, text: label }), input);
      }
      const known = options.some(([one]) => one === value);
      return make("div", {}, make("label", { htmlFor: id, text: label }),
        make("select", { id, on: { change: (event) => change(name, event.target.value) } },
          (known ? options : [...options, [value, value]]).map(([one, text]) => make("option", { value: one, text, selected: one === value }))));
    }));
  }

  const any = (options, text = "any") => [["", text], ...options];
  const titles = (kind) => data[kind].map((one) => [one.name, one.title]);
  const same = (values) => values.map((one) => [String(one), String(one)]);
  const unique = (values) => [...new Set(values)];

  function classesOf(query) {
    return unique(data.datasets.filter((one) => !query.dataset || one.name === query.dataset).flatMap((one) => one.classes));
  }

  function stepsOf(query) {
    const own = named("datasets", query.dataset)?.steps.map((step) => step.name);
    return data.steps.filter((step) => !own || step.name === data.whole || own.includes(step.name)).map((step) => [step.name, step.title]);
  }

  // without a choice it is the whole trace
  const stepField = (query) => any(stepsOf(query).filter(([name]) => name !== data.whole), title("steps", data.whole));

  const rightOrWrong = () => ["1", "0"].map((value) => [value, data.verdict_titles[value]]);
  const gridFields = (query) => [
    ["dataset", "Dataset", any(titles("datasets"))],
    ["model", "Model", any(same(data.models))],
    ["arm", "Arm", any(titles("arms"))],
    ["seed", "Seed", any(same(unique(data.runs.map((run) => run.seed))))],
    ["class", "Class", any(same(classesOf(query)))],
  ];

  // ---- views ----
  function showSummary() {
    const verdicts = data.verdicts;
    const claims = verdicts ? [
      make("h2", { text: "Main claims" }),
      verdicts.claims.map((claim) => make("article", { classes: "card" },
        make("h3", { text: `“${claim.statement}”` }),
        make("p", { classes: "verdict", text: `Verdict: ${claim.verdict}.` }),
        make("p", { text: claim.text }),
        make("p", {}, make("a", { href: address("claims", { text: claim.id }), text: `Published numbers behind ${claim.id}` }), " · ",
          make("a", { href: address("matrices"), text: "confusion matrices, cell by cell" })),
        redo(table("main_claims").path, claim.id))),
      make("h2", { text: "What the run shows beyond them" }),
      make("p", { text: verdicts.conclusions }),
      make("h2", { text: "The numbers: estimate [95 % interval]" }),
      verdicts.numbers.map((one) => frame(one.columns, one.rows, one.title)),
      redo(table("main_claims").path),
    ] : [];
    const results = data.results ? [
      make("h2", { text: "Accuracy" }),
      frame(data.results.columns, data.results.rows, "Accuracy on the test split in %, with 95 % intervals"),
      make("p", { classes: "soft", text: table("results").caption }),
      redo(table("results").path),
    ] : [];
    return ["What this run shows", limits(), claims, make("p", {}, make("a", { href: address("matrices"), text: "Confusion matrices: every cell leads to its items" })), results];
  }

  const limits = () => data.about.limits.map((text) => make("p", { classes: "note", text }));

  // a number is found among numbers, at the digits that were asked for; all else as text
  function matcher(text) {
    const asked = text.trim().toLowerCase();
    const bare = asked.replace(/^[−-]/, "").replace(/\s*%$/, "");
    const digits = /^\d+(?:\.(\d+))?$/.exec(bare.replaceAll(",", ""))?.[1]?.length ?? (/^[\d,]+$/.test(bare) ? 0 : null);
    if (digits === null) return (said) => said.toLowerCase().includes(asked);
    const wanted = Number(bare.replaceAll(",", ""));
    const fits = digits ? (number) => number.toFixed(digits) === wanted.toFixed(digits) : (number) => number === wanted;
    return (said) => (said.replace(/(\d),(?=\d{3})/g, "$1").match(/\d+(\.\d+)?/g) ?? []).some((one) => fits(Number(one)));
  }

  function showClaims(query) {
    const ledger = table("claims");
    if (!ledger) return ["Published numbers", make("p", { text: "This run holds no published numbers against its own." })];
    const column = (name) => ledger.columns.indexOf(name);
    const fits = matcher(query.text ?? "");
    const mains = data.verdicts.claims.filter((claim) => !query.verdict && !query.group && fits(`${claim.id.replaceAll("_", " ")} ${claim.id} ${claim.statement}`));
    const rows = ledger.rows.filter((row) => (!query.verdict || row[column("verdict")] === query.verdict) && (!query.group || row[column("group")] === query.group)
      && (fits(row.join(" ")) || mains.some((claim) => claim.id === query.text && row[column("group")] === "headline")));
    const { start, end, buttons } = pager(rows.length, query, "claims");
    const number = (row, name) => shortNumber(row[column(name)]) || "–";
    return ["Published numbers",
      make("p", { classes: "soft", text: ledger.caption }),
      filters("claims", query, [
        ["verdict", "Verdict", any(same(unique(ledger.rows.map((row) => row[column("verdict")]))))],
        ["group", "Table of the paper", any(same(unique(ledger.rows.map((row) => row[column("group")]))))],
        ["text", "Number or text", null],
      ]),
      mains.map((claim) => make("article", { classes: "card" },
        make("h2", { text: claim.id }), make("p", { text: `“${claim.statement}”` }),
        make("p", { classes: "verdict", text: `Verdict: ${claim.verdict}.` }), make("p", { text: claim.text }), redo(table("main_claims").path, claim.id))),
      make("p", { role: "status", text: `${count(rows.length)} of ${count(ledger.rows.length)} numbers` }),
      rows.slice(start, end).map((row) => make("article", { classes: "card" },
        make("h3", { text: row[column("id")] }),
        make("p", { classes: "verdict", text: `${row[column("verdict")]}: ${row[column("why")]}` }),
        pairs([
          ["Source", row[column("source")]], ["Published", number(row, "published")],
          ["By the published scorer", number(row, "recomputed_published")], ["By the aligned scorer", number(row, "recomputed_aligned")],
          ["95 % of other training runs", row[column("low")] ? `[${number(row, "low")}, ${number(row, "high")}]` : "–"], ["n", number(row, "n")],
        ]),
        redo(ledger.path, row[0]))),
      buttons,
      redo(ledger.path)];
  }

  function showMatrices(query) {
    const matrix = table("trace_answer_matrix");
    const column = (name) => matrix.columns.indexOf(name);
    const step = query.step || data.whole;
    const wanted = { ...query, class: query.class || "all", step };
    const rows = matrix.rows.filter((row) => ["dataset", "model", "arm", "seed", "class", "step"].every((key) => !wanted[key] || row[column(key)] === wanted[key]));
    const cards = new Map();
    for (const row of rows) {
      const key = ["dataset", "model", "arm", "seed"].map((name) => row[column(name)]).join("\n");
      cards.set(key, [...(cards.get(key) ?? []), row]);
    }
    const stepTitle = title("steps", step);
    return ["Confusion matrices: trace against answer",
      make("p", { classes: "soft", text: `${matrix.caption} Every count leads to its items.` }),
      filters("matrices", query, [...gridFields(query), ["step", "Step", stepField(query)]]),
      make("p", { role: "status", text: `${count(rows.length)} matrices` }),
      make("div", { classes: "matrices" }, [...cards.values()].map((some) => {
        const [dataset, model, arm, seed] = ["dataset", "model", "arm", "seed"].map((name) => some[0][column(name)]);
        const card = make("section", { classes: "card" },
          make("h2", { text: `${title("datasets", dataset)}, ${model}, ${title("arms", arm)}, seed ${seed}` }),
          make("div", { classes: "pair" }, some.map((row) => matrixTable(row, column, stepTitle))),
          redo(matrix.path, some[0].slice(0, column("scorer")).join(",")));
        card.style.setProperty("--arm", named("arms", arm)?.colour);
        return card;
      }))];
  }

  function matrixTable(row, column, stepTitle) {
    const value = (name) => row[column(name)];
    const n = Number(value("n"));
    const cell = (trace, answer) => {
      const found = data.cells.find((one) => one.trace === trace && one.answer === answer);
      const number = Number(value(found.name));
      const query = { dataset: value("dataset"), model: value("model"), arm: value("arm"), seed: value("seed") };
      if (value("class") !== "all") query.class = value("class");
      const link = make("a", {
        href: address("items", { ...query, scorer: value("scorer"), step: value("step"), trace: String(trace), answer: String(answer) }),
        label: `${count(number)} items: ${stepTitle} ${data.verdict_titles[trace]}, answer ${data.verdict_titles[answer]}, by the ${scorerTitle(value("scorer"))}`,
      }, count(number), make("br"), make("small", { text: n ? `${(Math.round((1000 * number) / n) / 10).toFixed(1)} %` : "–" }));
      link.dataset.count = number;
      const box = make("td", {}, link);
      box.style.setProperty("--share", String(n ? (0.45 * number) / n : 0));
      return box;
    };
    return make("table", { classes: "matrix" },
      make("caption", { text: `${scorerTitle(value("scorer"))}, n = ${count(n)}` }),
      make("thead", {}, make("tr", {}, make("td"), make("th", { scope: "col", text: `${stepTitle} ${data.verdict_titles[1]}` }), make("th", { scope: "col", text: `${stepTitle} ${data.verdict_titles[0]}` }))),
      make("tbody", {}, [1, 0].map((answer) => make("tr", {}, make("th", { scope: "row", text: `answer ${data.verdict_titles[answer]}` }), cell(1, answer), cell(0, answer)))));
  }

  async function showItems(query) {
    await fill(chosen(query));
    const found = select(query);
    listed = found;
    listQuery = query;
    const { start, end, buttons } = pager(found.length, query, "items");
    const scorer = query.scorer || data.scorer;
    return ["Items",
      filters("items", query, [
        ...gridFields(query),
        ["scorer", "Judged by", any(data.scorers.map((name) => [name, scorerTitle(name)]), scorerTitle(data.scorer)).filter(([name]) => name !== data.scorer)],
        ["step", "Step", stepField(query)],
        ["trace", "Step is", any(rightOrWrong())],
        ["answer", "Answer is", any(rightOrWrong())],
        ["follows", header(data.outcomes.follows), any([["1", "yes"], ["0", "no"], ["-", "nothing implied"]])],
        ["differ", "Scorers differ", any([["1", "yes"], ["0", "no"]])],
        ["text", "Text of question, output, id", null],
      ]),
      make("p", { role: "status", id: "count", text: `${count(found.length)} ${found.length === 1 ? "item" : "items"}` }),
      make("ul", { classes: "items" }, found.slice(start, end).map(([run, row]) => make("li", {}, make("a", { href: itemAddress(run, row) },
        make("span", {}, make("small", { text: `${title("datasets", run.dataset)}, ${run.model}` }), make("small", { text: `${title("arms", run.arm)}, seed ${run.seed}, ${questionOf(run, row).class}` }), make("small", { text: questionOf(run, row).id })),
        make("span", { classes: "what" }, make("span", { classes: "text", text: cut(questionOf(run, row).question) }), make("small", { classes: "text", text: `Answer: ${answerText(run, row)}` })),
        make("span", {}, verdict(flag(run, scorer, "answer", row), "answer "), make("br"), verdict(flag(run, scorer, data.whole, row), "trace "))))),
      ),
      buttons];
  }

  function find(query) {
    for (const run of chosen(query)) {
      const row = run.rows.findIndex((one) => run.questions[one[0]].id === query.id);
      if (row >= 0) return [run, row];
    }
    return null;
  }

  async function showItem(query) {
    await fill(chosen(query));
    const found = find(query);
    if (!found) return ["No such item", make("p", { text: `This run has no item ${query.id ?? ""} of that dataset, model, arm and seed.` })];
    const [run, row] = found;
    const question = questionOf(run, row);
    const [, text, stated, answer, implied] = run.rows[row];
    if (!listed.some((one) => one[0] === run && one[1] === row)) {
      listQuery = { dataset: run.dataset, model: run.model, arm: run.arm, seed: String(run.seed) };
      listed = select(listQuery);
    }
    const place = listed.findIndex((one) => one[0] === run && one[1] === row);
    const others = data.runs.filter((one) => one.dataset === run.dataset);
    await fill(others);
    const sets = run.part.set ? (await load(run.part.set))[run.place] : { interventions: [], experiment: [] };
    const own = (some) => some.filter((one) => one[0] === run.rows[row][0]);
    return [`${title("datasets", run.dataset)}: ${question.id}`,
      make("p", { classes: "soft", text: `${run.model}, arm ${title("arms", run.arm)}, seed ${run.seed}, class ${question.class}. Item ${count(place + 1)} of ${count(listed.length)} of the list.` }),
      moves(place),
      make("h2", { text: "Question" }),
      make("p", { classes: "text", text: question.question }),
      facts(run, question, stated),
      make("h2", { text: "What the model wrote" }),
      make("pre", { classes: "text box mono", tabIndex: 0, label: "Output", text }),
      make("h2", { text: "Read and judged" }),
      judgement(run, row, question, stated, answer),
      followed(run, row, implied),
      otherAnswers(others, run, row),
      setTraces(own(sets.interventions), run),
      measured(own(sets.experiment), run),
      make("h2", { text: "Where this comes from" }),
      Object.entries(run.scores).map(([scorer, path]) => [make("h3", { text: `Verdict of the ${scorerTitle(scorer)}` }), redo(path, question.id)]),
      make("h3", { text: "Generation" }), redo(run.generations, `"${question.id}"`)];
  }

  function moves(place) {
    const button = (text, to) => make("button", { type: "button", text, disabled: !listed[to], on: { click: () => goTo(to) } });
    return make("div", { classes: "buttons" }, button("Previous (k)", place - 1), button("Next (j)", place + 1),
      make("a", { classes: "button", href: address("items", listQuery), text: "Back to the list (u)" }));
  }

  function goTo(place) {
    if (listed[place]) location.hash = itemAddress(...listed[place]);
  }

  function facts(run, question, stated) {
    const indices = new Set(stated.flatMap((value) => (Array.isArray(value) ? value.filter((one) => Number.isInteger(one)) : [])));
    return [make("h2", { text: "Context" }),
      make("ol", { classes: "facts" }, question.context.map((fact, place) => {
        const [gold, isNamed] = [question.gold.includes(place), indices.has(place)];
        return make("li", { classes: `${gold ? "gold" : ""} ${isNamed ? "named" : ""}` }, make("span", { classes: "text", text: fact }),
          gold ? make("span", { classes: "tag", text: "gold" }) : null, isNamed ? make("span", { classes: "tag", text: "named by the trace" }) : null);
      }))];
  }

  function say(value, question) {
    if (value === null) return "not found in the form that was asked for";
    if (!Array.isArray(value)) return value;
    return value.length ? value.map((one) => (Number.isInteger(one) ? question.context[one] : one)).join("\n") : "nothing";
  }

  function judgement(run, row, question, stated, answer) {
    const why = (part) => run.reasons.filter((one) => one[0] === row && one[1] === part).map((one) => one[2]).join("; ");
    const steps = named("datasets", run.dataset).steps;
    const judged = (part) => data.scorers.map((scorer) => verdict(flag(run, scorer, part, row)));
    const lines = [
      ...steps.map((step, place) => [step.title, say(stated[place], question), say(question.right[place], question), ...judged(step.name), why(step.name)]),
      [title("steps", data.whole), "all steps", `all steps ${data.verdict_titles[1]}`, ...judged(data.whole), why(data.whole)],
      ["answer", list(answer), list(question.answers), ...judged("answer"), why("answer")],
    ];
    const measures = Object.entries(run.judged).flatMap(([scorer, one]) => [
      [`${scorerTitle(scorer)}: of the form asked for`, one.readable[row] === "1" ? "yes" : "no"],
      ...Object.entries(one.measures).filter(([, values]) => values[row] !== null).map(([name, values]) => [`${scorerTitle(scorer)}: ${name}`, String(values[row])]),
    ]);
    return [frame(["Part", "Stated", "Right would be", ...scorers(), "Why the scorers differ"], lines, "Steps in their order, then the whole trace and the answer",
      (cell) => (cell instanceof Node ? cell : make("div", { classes: "text cell", text: cell }))), pairs(measures)];
  }

  function followed(run, row, implied) {
    if (!run.follows || implied === null) return null;
    const yes = run.follows[row] === "1";
    return [make("h2", { text: "Is the answer the implied one?" }), make("p", { classes: "text", text: `What the trace states implies: ${list(implied)}. The answer ${yes ? "is" : "is not"} that.` })];
  }

  function otherAnswers(others, run, row) {
    const id = questionOf(run, row).id;
    const lines = others.flatMap((one) => {
      const at = one.rows.findIndex((entry) => one.questions[entry[0]].id === id);
      return at < 0 || (one === run && at === row) ? [] : [[make("a", { href: itemAddress(one, at), text: `${one.model}, ${title("arms", one.arm)}, seed ${one.seed}` }), answerText(one, at), ...data.scorers.map((scorer) => verdict(flag(one, scorer, "answer", at)))]];
    });
    return [make("h2", { text: "Other answers to this question" }),
      lines.length ? frame(["Model, arm, seed", "Answer", ...scorers()], lines, "Every other model, arm and seed", (cell) => (cell instanceof Node ? cell : make("div", { classes: "text cell", text: cell }))) : make("p", { text: "There are none." })];
  }

  function setTraces(rows, run) {
    if (!rows.length) return null;
    return [make("h2", { text: "After set traces" }),
      rows.map(([, condition, trace, text, answer, right, follows]) => make("details", {},
        make("summary", {}, `${condition}: ${cut(list(answer))}, `, verdict(right ? "1" : "0"), follows === null ? "" : `: the answer ${follows ? "is" : "is not"} the implied one`),
        make("h3", { text: "Set trace" }), make("pre", { classes: "text box mono", tabIndex: 0, label: `Trace, ${condition}`, text: trace }),
        make("h3", { text: "What the model wrote after it" }), make("pre", { classes: "text box mono", tabIndex: 0, label: `Output, ${condition}`, text }))),
      redo(run.interventions)];
  }

  function measured(rows, run) {
    if (!rows.length) return null;
    const answered = (value) => (value === null ? "–" : value ? "yes" : "no");
    const lines = rows.map(([, trace, context, odds, answer, right, follows]) => [trace, context, odds === null ? "–" : odds.toFixed(2).replace("-", "−"), answer ?? "not written", answered(right), answered(follows)]);
    return [make("h2", { text: "In the experiment" }),
      frame(["Set trace", "Context", "Log-odds, right against implied", "Answer", header(data.outcomes.true), header(data.outcomes.follows)], lines, "Set traces crossed with contexts", (cell) => make("div", { classes: "text cell", text: cell })),
      redo(run.experiment)];
  }

  function showFigures(query) {
    const fits = matcher(query.text ?? "");
    const said = (one) => `${one.title} ${one.name} ${one.caption} ${one.category}`;
    const figures = data.figures.filter((one) => fits(said(one)));
    return ["Figures", filters("figures", query, [["text", "Title or caption", null]]),
      make("p", { role: "status", text: `${count(figures.length)} of ${count(data.figures.length)} figures` }),
      figures.map((one) => {
        // an image: nothing in it can run or load anything
        const image = make("img", { alt: `Figure: ${one.title}. Its numbers stand under Tables.`, decoding: "async" });
        image.addEventListener("load", () => { image.width = ZOOM * image.naturalWidth; }, { once: true });
        load(`figure.${one.name}`).then((text) => { image.src = `data:image/svg+xml,${encodeURIComponent(text)}`; });
        return make("figure", { classes: "card", id: `figure-${one.name}` },
          make("h2", { text: one.title }),
          image,
          make("figcaption", { text: one.caption }), redo(one.path));
      })];
  }

  function showTables(query) {
    const chosenTable = table(query.name) ?? data.tables[0];
    const fits = matcher(query.text ?? "");
    const rows = chosenTable.rows.filter((row) => fits(row.join(" ")));
    const { start, end, buttons } = pager(rows.length, query, "tables");
    return ["Tables", filters("tables", { ...query, name: chosenTable.name }, [["name", "Table", data.tables.map((one) => [one.name, one.title])], ["text", "Number or text", null]]),
      make("p", { classes: "soft", text: chosenTable.caption }),
      make("p", { role: "status", text: `${count(rows.length)} of ${count(chosenTable.rows.length)} rows` }),
      frame(chosenTable.columns, rows.slice(start, end), chosenTable.title), buttons, redo(chosenTable.path)];
  }

  function showMethods() {
    const { methods, tables } = data.about;
    const where = data.sources.where;
    return ["Methods and limits",
      methods.map((text) => make("p", { text })), make("h2", { text: "What these numbers cannot tell" }), limits(),
      tables.map((one) => [make("h2", { text: one.title }), pairs(one.rows)]),
      make("h2", { text: "Where and when" }),
      where ? [
        pairs([["Code", where.commits.join("; ")], ["Python", where.python], ["Devices", where.devices.join("; ")], ["First job began", where.started], ["Last job ended", where.finished]]),
        frame(["Rule", "Jobs", "Seconds"], data.sources.sums.map((row) => row.map(String)), "Time by rule"),
        make("details", {}, make("summary", { text: `Its ${count(Object.keys(where.packages).length)} packages` }), pairs(Object.entries(where.packages))),
      ] : make("p", { text: "No records tell of this run's jobs." }),
      make("h2", { text: "The whole run again" }), make("code", { classes: "mono box text", text: data.call })];
  }

  function showSearch(query) {
    const fits = matcher(query.text ?? "");
    const link = (href, text) => make("li", {}, make("a", { href, text }));
    const claims = (data.verdicts?.claims ?? []).filter((one) => fits(`${one.id.replaceAll("_", " ")} ${one.id} ${one.statement} ${one.text}`));
    const figures = data.figures.filter((one) => fits(`${one.title} ${one.name} ${one.caption}`));
    const tables = data.tables.filter((one) => fits(`${one.title} ${one.name} ${one.caption}`) || one.rows.some((row) => fits(row.join(" "))));
    const holds = (one) => one.rows.some((row) => fits(row.join(" ")));
    const views = Object.entries(VIEWS).filter(([, [text]]) => text && fits(text));
    const section = (heading, links) => (links.length ? [make("h2", { text: heading }), make("ul", {}, links)] : []);
    return [`Search: ${query.text ?? ""}`,
      section("Sections", views.map(([name, [text]]) => link(address(name), text))),
      section("Claims", claims.map((one) => link(address("claims", { text: one.id }), `${one.id}: ${one.statement} Verdict: ${one.verdict}.`))),
      section("Figures", figures.map((one) => link(address("figures", { text: one.name }), one.title))),
      section("Tables", tables.map((one) => link(address("tables", { name: one.name, text: holds(one) ? query.text : "" }), one.title))),
      section("Items", [link(address("items", { text: query.text }), `Items whose question or output contains “${query.text ?? ""}”`)])];
  }

  const VIEWS = {
    summary: ["Summary", showSummary], claims: ["Published numbers", showClaims], matrices: ["Confusion matrices", showMatrices],
    items: ["Items", showItems], figures: ["Figures", showFigures], tables: ["Tables", showTables], methods: ["Methods", showMethods],
    item: [null, showItem], search: [null, showSearch],
  };

  async function show() {
    const mine = ++turn;
    const { view, query } = parse();
    const [, draw] = Object.hasOwn(VIEWS, view) ? VIEWS[view] : VIEWS.summary;
    const focused = document.activeElement?.id; // a filter keeps the focus while its list changes
    let shown;
    try {
      shown = await draw(query);
    } catch (error) {
      shown = ["This could not be shown", make("p", { classes: "note", text: String(error.message ?? error) })];
    }
    if (mine !== turn) return;
    const [heading, ...content] = shown;
    const top = make("h1", { text: cut(heading), tabIndex: -1 });
    main.replaceChildren(top, ...content.flat(Infinity).filter((one) => one !== null && one !== undefined));
    for (const link of document.querySelectorAll("nav a")) {
      const current = link.hash === `#${view || "summary"}` || (view === "item" && link.hash === "#items");
      if (current) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    const again = focused && main.querySelector(`#${CSS.escape(focused)}`);
    if (again) again.focus();
    else if (mine > 1) {
      top.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    main.dataset.ready = String(mine);
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    const { view } = parse();
    const links = [...main.querySelectorAll(".items a")];
    if (event.key === "/") {
      document.getElementById("query").focus();
      event.preventDefault();
    } else if (view === "item" && (event.key === "j" || event.key === "k")) {
      const now = find(parse().query);
      const place = listed.findIndex((one) => now && one[0] === now[0] && one[1] === now[1]);
      goTo(place + (event.key === "j" ? 1 : -1));
    } else if (view === "item" && event.key === "u" && listQuery) {
      location.hash = address("items", listQuery);
    } else if (links.length && (event.key === "j" || event.key === "k")) {
      const place = links.indexOf(document.activeElement);
      links[Math.min(Math.max(place + (event.key === "j" ? 1 : -1), 0), links.length - 1)].focus();
    }
  }

  async function start() {
    data = await load("data");
    data.runs = listRuns(data.parts);
    const nav = document.querySelector("nav");
    nav.append(...Object.entries(VIEWS).filter(([name, [text]]) => text && (name !== "claims" || table("claims"))).map(([name, [text]]) => make("a", { href: `#${name}`, text })));
    document.getElementById("search").addEventListener("submit", (event) => {
      event.preventDefault();
      location.hash = address("search", { text: document.getElementById("query").value });
    });
    addEventListener("hashchange", show);
    addEventListener("keydown", onKey);
    await show();
  }

  start();
}
