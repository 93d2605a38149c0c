// The survey of one group: a page a step, answers kept in this browser, and sent to the study's `upload` if it has one.
"use strict";
{
  const data = JSON.parse(document.getElementById("study").textContent);
  const main = document.getElementById("main");
  const link = new URLSearchParams(location.search);
  const invited = link.get("participant") ?? link.get("PROLIFIC_PID") ?? "";
  // on a shared computer, whoever comes with a link of their own starts anew
  const key = `study/${data.plan_sha256}/${data.group}/${invited}`;
  const ID = /^[A-Za-z0-9_-]{1,64}$/;
  const WAITS_S = [0, 1, 4, 16]; // before each attempt to send
  const PATIENCE_MS = 30000; // of one attempt
  const ARRIVED = "Your answers have arrived. You may save a copy for yourself.";
  const NOT_SENT = "Your answers could not be sent; they are kept in this browser. Please try again later, or save them and send the file as your invitation says.";
  const COLUMNS = ["study", "plan_sha256", "group", "participant", "completed",
    "position", "item", "condition", "question", "value", "seconds"];

  // ---- state: what is kept in the browser ----
  let kept = true; // whether the browser keeps it
  let state = load() ?? start();
  let steps = state.participant ? arrange() : [];
  let since = Date.now(); // when this page was shown or last counted
  let looking = document.visibilityState === "visible";

  function start() {
    return { participant: "", agreed: false, page: 0, furthest: 0, stopped: false, completed: false, saved: false, sent: false, values: {}, seconds: {} };
  }

  function load() {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  }

  function save() {
    try {
      localStorage.setItem(key, JSON.stringify(state));
      kept = true;
    } catch {
      kept = false;
    }
  }

  function forget() {
    try {
      localStorage.removeItem(key);
    } catch { /* nothing was kept */ }
  }

  // ---- order: drawn from plan, group and participant, so that it can be drawn again ----
  function random(text) {
    let seed = 2166136261; // FNV-1a, then mulberry32
    for (const char of text) seed = Math.imul(seed ^ char.codePointAt(0), 16777619);
    return () => {
      seed = (seed + 0x6d2b79f5) | 0;
      let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
  }

  function arrange() {
    const draw = random(`${data.plan_sha256}/${data.group}/${state.participant}`);
    const shuffle = (some) => {
      const mixed = [...some];
      for (let last = mixed.length - 1; last > 0; last--) {
        const other = Math.floor(draw() * (last + 1));
        [mixed[last], mixed[other]] = [mixed[other], mixed[last]];
      }
      return mixed;
    };
    const all = [];
    const items = shuffle(data.items);
    items.forEach((item, place) => {
      const one = { id: `item/${item.item}`, position: place + 1, ...item };
      // both pages of an item share its answers and its seconds
      if (item.choices.length) all.push({ ...one, kind: "predict" });
      all.push({ ...one, kind: "item" });
      data.checks.forEach((check, number) => {
        if (place + 1 === Math.max(1, Math.floor(((number + 1) * items.length) / (data.checks.length + 1)))) {
          all.push({ kind: "check", id: `check/${check.name}`, ...check });
        }
      });
    });
    // behind the ratings, on which they could cast doubt
    shuffle(data.trials).forEach((trial, place) => {
      all.push({ kind: "find_error", id: `item/${trial.item}`, position: items.length + place + 1, ...trial });
    });
    return all;
  }

  // pages: 0 consent, 1 instruction, then the steps, then the end
  const step = () => steps[state.page - 2];
  const asks = {
    item: () => data.questions,
    check: ({ name, text }) => [{ name, text }],
    predict: ({ choices }) => [{ name: "predict", text: data.tasks.predict.text, choices }],
    find_error: () => [{ name: "find_error", text: data.tasks.find_error.text, choices: data.tasks.find_error.labels }],
  };
  const asked = (one) => asks[one.kind](one);
  const unanswered = (one) => asked(one).filter(({ name }) => !Number.isInteger(state.values[one.id]?.[name]));

  function count() {
    const one = step();
    if (one && !state.stopped && looking) {
      state.seconds[one.id] = (state.seconds[one.id] ?? 0) + Math.max(0, Date.now() - since) / 1000;
    }
    since = Date.now();
  }

  function go(page) {
    count();
    state.page = page;
    state.furthest = Math.max(state.furthest, page);
    state.completed ||= steps.length > 0 && page === steps.length + 2;
    save();
    show();
  }

  // ---- what a participant sends ----
  function results() {
    const done = steps.filter((one) => one.id in state.values && one.kind !== "predict"); // whose choice stands in that of its item
    const names = (one) => [...(one.choices?.length ? ["predict"] : []), ...asked(one).map(({ name }) => name)];
    return {
      study: data.study,
      plan_sha256: data.plan_sha256,
      group: data.group,
      participant: state.participant,
      completed: state.completed,
      answers: done.filter((one) => one.kind !== "check").flatMap((one) =>
        names(one).filter((name) => Object.hasOwn(state.values[one.id], name)).map((name) => ({
          position: one.position,
          item: one.item,
          condition: one.condition,
          question: name,
          value: state.values[one.id][name],
          seconds: one.id in state.seconds ? Math.round(state.seconds[one.id] * 10) / 10 : null,
        }))),
      checks: done.filter((one) => one.kind === "check").map((one) => ({
        check: one.name,
        value: state.values[one.id][one.name],
        passed: state.values[one.id][one.name] === one.expected,
      })),
    };
  }

  function asCsv(record) {
    const head = [record.study, record.plan_sha256, record.group, record.participant, record.completed];
    const rows = [
      COLUMNS,
      ...record.answers.map((one) => [...head, one.position, one.item, one.condition, one.question, one.value, one.seconds]),
      ...record.checks.map((one) => [...head, "", "", "", one.check, one.value, ""]),
    ];
    const cell = (value) => {
      let text = String(value ?? "");
      if (/^'*[=+\-@\t\r\n＝＋－＠]/.test(text)) text = `'${text}`; // no spreadsheet runs it (docs/study_analysis.md)
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    return rows.map((row) => row.map(cell).join(",") + "\r\n").join("");
  }

  // ---- sending: tried again while there is hope, and at once when the browser is online again ----
  async function send(record, say) {
    for (const wait of WAITS_S) {
      say(wait ? "Your answers have not arrived yet; they will be sent again in a moment." : "Your answers are being sent …");
      await pause(wait);
      try {
        const reply = await fetch(data.upload, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(record),
          credentials: "omit", referrerPolicy: "no-referrer", signal: AbortSignal.timeout(PATIENCE_MS) });
        if (reply.ok) return true;
        // what is refused for good is refused again
        if (reply.status < 500 && ![408, 425, 429].includes(reply.status)) return false;
      } catch { /* offline, or nobody answers */ }
    }
    return false;
  }

  function pause(seconds) {
    return new Promise((resolve) => {
      setTimeout(resolve, seconds * 1000);
      if (seconds) addEventListener("online", resolve, { once: true });
    });
  }

  // ---- pages ----
  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name in element) element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  // texts of others: control characters are made visible, direction stays inside
  const visible = (text) => text.replace(/[\u0000-\u0008\u000b-\u001f]/g, (char) =>
    String.fromCharCode(0x2400 + char.charCodeAt(0)));
  const shown = (tag, text, className = "") => make(tag, { className: `text ${className}`.trim(), dir: "auto", textContent: visible(text) });
  const paragraphs = (texts) => texts.map((text) => make("p", { textContent: text }));
  const button = (text, className, action) =>
    make("button", { type: "button", className: `button ${className}`, textContent: text, onclick: action });

  function show() {
    const build = state.stopped ? stopped
      : !state.participant || state.page === 0 ? consent
      : state.page === 1 ? instruction
      : step() ? rating : end;
    const { title, content } = build();
    const heading = make("h1", { tabIndex: -1, textContent: title });
    main.replaceChildren(heading, ...content);
    if (!kept) {
      heading.after(make("p", { className: "notice",
        textContent: "This browser does not keep your answers. Please do not close or reload the page before the end." }));
    }
    const one = state.stopped ? undefined : step();
    const bar = document.getElementById("bar");
    bar.hidden = !one;
    bar.max = steps.length || 1;
    bar.value = one ? state.page - 1 : 0;
    document.body.className = one && one.kind !== "check" ? "rating" : ""; // which is as wide as the screen
    document.title = `${title} – ${data.study}`;
    scrollTo(0, 0);
    heading.focus({ preventScroll: true });
  }

  function form(content, submitted, ...buttons) {
    const element = make("form", { noValidate: true }, ...content, make("div", { className: "buttons" }, ...buttons));
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      submitted(element);
    });
    return element;
  }

  const next = (text) => make("button", { className: "button main", textContent: text });

  // says kindly what is missing beside a field, and moves there
  function ask(field, control, message) {
    field.classList.add("unanswered");
    const note = field.querySelector(".missing");
    note.textContent = message;
    note.hidden = false;
    control.focus();
    field.scrollIntoView({ block: "nearest" });
  }

  function settle(field) {
    field.classList.remove("unanswered");
    const note = field.querySelector(".missing");
    note.textContent = "";
    note.hidden = true;
  }

  const missing = (id) => make("p", { className: "missing", id, hidden: true, role: "alert" });

  function consent() {
    const name = make("input", { type: "text", id: "participant", autocomplete: "off", autocapitalize: "off", spellcheck: false,
      value: state.participant || invited });
    name.setAttribute("aria-describedby", "participant-help participant-missing");
    name.disabled = Boolean(state.participant); // the order of the items hangs on it
    const agree = make("input", { type: "checkbox", id: "agree", checked: state.agreed });
    agree.setAttribute("aria-describedby", "agree-missing");
    const who = make("div", { className: "field" },
      make("label", { className: "above", htmlFor: "participant", textContent: "Participant ID" }), name,
      make("p", { className: "help", id: "participant-help",
        textContent: "From your invitation. If you have none, leave this empty and you get a random one." }),
      missing("participant-missing"));
    const agreement = make("div", { className: "field" },
      make("label", { className: "agree" }, agree, make("span", { textContent: data.pages.agree })), missing("agree-missing"));
    agree.onchange = () => settle(agreement);
    name.oninput = () => settle(who);
    return {
      title: "Welcome",
      content: [
        ...paragraphs(data.pages.consent),
        make("p", { textContent: `Contact: ${data.contact}` }),
        form([who, agreement], () => {
          const chosen = name.value.trim();
          if (chosen && !ID.test(chosen)) {
            return ask(who, name, "An ID has up to 64 letters, digits, hyphens and underscores. Could you check it, please?");
          }
          if (!agree.checked) return ask(agreement, agree, "Please tick this box if you would like to take part.");
          if (!state.participant) {
            state.participant = chosen || `R${[...crypto.getRandomValues(new Uint8Array(6))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
            steps = arrange();
          }
          state.agreed = true;
          go(1);
        }, next("Continue")),
      ],
    };
  }

  function instruction() {
    return {
      title: "How it works",
      content: [
        ...paragraphs(data.pages.instruction),
        form([], () => go(2), button("Back", "", () => go(0)), next("Start")),
      ],
    };
  }

  function fieldset(one, { name, text, scale, choices }, number) {
    const note = missing(`missing-${number}`);
    const field = make("fieldset", {}, make("legend", { textContent: text }));
    field.setAttribute("aria-describedby", note.id);
    const { low, high, labels } = choices ? { low: 1, high: choices.length, labels: choices } : scale ?? data.scale;
    const size = high - low + 1;
    const ends = labels.length < size; // only the ends have labels: they stand beside the numbers
    const end = (label) => make("span", { className: "end", "aria-hidden": "true", textContent: label });
    const points = make("div", { className: `points${ends ? " anchored" : ""}${choices ? " choices" : ""}` });
    points.style.setProperty("--n", choices ? 1 : size); // choices stand one below the other
    for (let value = low; value <= high; value++) {
      const radio = make("input", { type: "radio", name, value: String(value), checked: state.values[one.id]?.[name] === value });
      radio.onchange = () => {
        (state.values[one.id] ??= {})[name] = value;
        settle(field);
        save();
      };
      const heard = { [low]: labels[0], [high]: labels[1] }[value];
      const label = ends ? String(value) : labels[value - low];
      points.append(make("label", { className: "point" }, radio, choices ? shown("span", label) : make("span", { textContent: label }),
        ...(ends && heard ? [make("span", { className: "heard", textContent: ` ${heard}` })] : [])));
    }
    if (ends) {
      points.prepend(end(labels[0]));
      points.append(end(labels[1]));
    }
    field.append(points, note);
    return field;
  }

  function rating() {
    const one = step();
    const task = data.tasks[one.kind];
    const fields = asked(one).map((question, number) => fieldset(one, question, number));
    // an answer that has been seen is no longer predicted
    fields[0].disabled = one.kind === "predict" && state.furthest > state.page;
    // statements to agree with, and questions with labels of their own
    const heads = asked(one).map(({ scale }) => (scale ? "How was it to read this?" : "How far do you agree?"));
    const rows = fields.flatMap((field, place) => (one.kind !== "item" || heads[place] === heads[place - 1]
      ? [field] : [make("h2", { className: "ask", textContent: heads[place] }), field]));
    const survey = form(
      [...(task ? [make("p", { className: "help", textContent: task.instruction })] : []), ...rows],
      () => {
        const open = unanswered(one);
        if (!open.length) return go(state.page + 1);
        const places = asked(one).map(({ name }) => open.some((question) => question.name === name));
        places.forEach((lacks, place) => {
          if (lacks && place !== places.indexOf(true)) fields[place].classList.add("unanswered");
        });
        const first = fields[places.indexOf(true)];
        const rest = open.length > 1 ? ` ${open.length} are still open on this page.` : "";
        ask(first, first.querySelector("input"), `Please choose ${task ? "an answer" : "a point"} here.${rest}`);
      },
      button("Back", "", () => go(state.page - 1)),
      next(state.page - 1 < steps.length ? "Continue" : "Finish"),
      button("Stop early", "quiet", () => {
        count();
        state.stopped = true;
        save();
        show();
      }),
    );
    if (one.kind === "check") return { title: "A short check", content: [survey] };
    const facts = make("ul", { className: "facts" });
    for (const fact of one.context) facts.append(shown("li", fact));
    const part = (name, content) => [make("h2", { textContent: name }), content];
    const answered = one.kind === "item";
    // scrolls where it is longer than the screen, by keyboard too
    const text = make("div", { className: "item", tabIndex: 0, role: "region",
      "aria-label": answered ? "Question, reasoning and answer" : "Question and reasoning" },
      ...part("Question", shown("p", one.question, "question")),
      ...(one.context.length ? part("Facts given", facts) : []),
      ...part("Reasoning", shown("div", one.text, "trace")),
      ...(answered ? part("Answer", shown("p", one.answer, "answer")) : []));
    return {
      title: `Question ${one.position} of ${data.items.length + data.trials.length}${one.kind === "predict" ? ", without its answer" : ""}`,
      content: [make("div", { className: "beside" }, text, survey)],
    };
  }

  // the ways to hand answers in; `changed` is called when they are saved or sent, and told whether they are on their way
  function handing(changed) {
    const record = results();
    const mine = state; // they may be deleted while they are sent
    const name = `study_${data.group}_${record.participant}`;
    const said = make("p", { role: "status" });
    const file = (kind, text, type, label, className) => make("a", { className: `button ${className}`, download: `${name}.${kind}`,
      href: URL.createObjectURL(new Blob([text], { type })), textContent: label, onclick: () => note("saved") });
    const sending = button("Send my answers", "main", deliver);
    sending.hidden = !data.upload || state.sent;
    if (state.sent) said.textContent = ARRIVED;

    function note(what) {
      state[what] = true;
      save();
      changed(sending.disabled);
    }

    async function deliver() {
      sending.disabled = true;
      changed(true);
      const arrived = await send(record, (text) => { said.textContent = text; });
      if (state !== mine) return;
      sending.disabled = false;
      sending.hidden = arrived;
      said.textContent = arrived ? ARRIVED : NOT_SENT;
      if (arrived) return note("sent");
      changed(false);
      addEventListener("online", () => {
        if (sending.isConnected && !sending.disabled && !sending.hidden) deliver();
      }, { once: true });
    }

    return {
      deliver,
      content: [
        said,
        make("div", { className: "buttons" },
          sending,
          file("json", JSON.stringify(record, null, 1) + "\n", "application/json", "Save my answers", data.upload ? "" : "main"),
          file("csv", asCsv(record), "text/csv", "Save them as a table (CSV)", "")),
      ],
    };
  }

  function remove() {
    return button("Delete my answers from this browser", "quiet", () => {
      if (!confirm("Delete your answers from this browser? What you have saved or sent stays.")) return;
      forget();
      state = start();
      steps = [];
      show();
    });
  }

  function end() {
    const code = make("div", {});
    const reveal = () => code.replaceChildren(state.saved || state.sent
      ? make("p", {}, make("code", { className: "code card", id: "code", textContent: data.code }))
      : make("p", { textContent: `It appears here as soon as your answers are ${data.upload ? "sent or " : ""}saved.` }));
    const { content, deliver } = handing(reveal);
    reveal();
    if (data.upload && !state.sent) deliver();
    return {
      title: "Thank you",
      content: [
        ...(data.upload
          ? [make("h2", { className: "ask", textContent: "1. Your answers" })]
          : [make("h2", { className: "ask", textContent: "1. Save your answers and send the file" }),
            make("p", { textContent: "This page has sent nothing. Please save your answers and send the file as your invitation says." })]),
        ...content,
        make("h2", { className: "ask", textContent: "2. Enter the completion code where you were invited" }),
        code,
        make("h2", { className: "ask", textContent: "About the study" }),
        ...paragraphs(data.pages.debrief),
        make("p", { textContent: `Your participant ID: ${state.participant}` }),
        make("p", { textContent: `Contact: ${data.contact}` }),
        make("div", { className: "buttons" }, remove()),
      ],
    };
  }

  function stopped() {
    const onward = button("Go on", "", () => {
      state.stopped = state.saved = false;
      since = Date.now();
      save();
      show();
    });
    // answers that are sent are not sent a second time
    const changed = (busy) => {
      onward.disabled = busy;
      onward.hidden = state.sent;
    };
    changed(false);
    const way = data.upload ? "send us the answers you have given so far" : "save the answers you have given so far and send us the file";
    return {
      title: "You have stopped",
      content: [
        make("p", { textContent: `That is fine. You can go on where you were, ${way}, or delete them.` }),
        ...handing(changed).content,
        make("div", { className: "buttons" }, onward, remove()),
        make("p", { className: "help", textContent: `Your participant ID: ${state.participant}. Contact: ${data.contact}` }),
      ],
    };
  }

  addEventListener("pagehide", () => {
    count();
    if (state.participant) save();
  });
  document.addEventListener("visibilitychange", () => {
    count();
    looking = document.visibilityState === "visible";
  });
  show();
}
