// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { QUIET_MS, connectionWords, historyNotice, knownUntil, missingOf } from "../../../services/dashboard/src/dashboard/static/notices.js";
import { budgetWords, linkOf, percent, tightestOf } from "../../../services/dashboard/src/dashboard/static/strip.js";
import { budgetState, verdict } from "../../../services/dashboard/src/dashboard/static/verdict.js";

const part = (/** @type {string} */ name, state = "ok", reason = "runs") => ({
  name,
  title: name,
  state,
  reason,
  since: 1,
  seen: 2,
});
const strip = (more = {}) =>
  /** @type {any} */ ({
    at: 1000,
    parts: [part("Ollama"), part("proxy"), part("traffic", "off")],
    objectives: [],
    alerts: [],
    models: [],
    is_demo: false,
    newest: 999,
    ...more,
  });
const objective = (/** @type {number|null} */ left) =>
  /** @type {any} */ ({ name: "s", title: "requests that do not fail", budget_left: left });

test("all is well: one quiet line; a part that is not of this stack is no trouble", () => {
  assert.deepEqual(verdict(strip()), { state: "ok", sentence: "Yes, all is well.", isQuiet: true });
});

test("what is down is named, what depends on it is not", () => {
  const parts = [part("Ollama", "unknown"), part("Proxy", "down")];
  const { state, sentence } = verdict(strip({ parts }));
  assert.deepEqual([state, sentence], ["down", "No: Proxy is down."]);
});

test("several are listed as people do", () => {
  const parts = [part("A", "down"), part("B", "down"), part("C", "down"), part("D", "degraded")];
  assert.equal(verdict(strip({ parts })).sentence, "No: A, B and C are down; D is not well.");
});

test("alerts count by what they ask for", () => {
  const alert = (/** @type {string} */ severity) => ({ name: "X", severity, labels: {} });
  assert.equal(verdict(strip({ alerts: [alert("critical")] })).state, "down");
  assert.equal(verdict(strip({ alerts: [alert("warning")] })).sentence, "Not quite: 1 alert fires.");
  const info = verdict(strip({ alerts: [alert("info")] }));
  assert.deepEqual([info.state, info.isQuiet, info.sentence], ["ok", false, "Yes, with one thing to know."]);
});

test("nobody can say is not well", () => {
  assert.equal(verdict(strip({ alerts: null })).state, "degraded");
  assert.match(verdict(strip({ parts: [part("Ollama", "unknown")] })).sentence, /nobody knows how Ollama is/);
});

test("a stack that has no Prometheus by choice is quiet, and says what it cannot see", () => {
  const found = verdict(strip({ parts: [part("prometheus", "off")], alerts: null }));
  assert.deepEqual([found.state, found.isQuiet], ["ok", true]);
  assert.match(found.sentence, /without Prometheus/);
});

test("a budget that is used up is said", () => {
  assert.match(verdict(strip({ objectives: [objective(-0.2)] })).sentence, /used up: requests that/);
  assert.equal(verdict(strip({ objectives: [objective(0.1)] })).isQuiet, true);
});

test("budgets have states and words", () => {
  assert.deepEqual([null, -1, 0, 0.2, 0.9].map((left) => budgetState(objective(left))), [
    "unknown",
    "down",
    "down",
    "degraded",
    "ok",
  ]);
  assert.deepEqual([null, -1, 0, 0.5].map(budgetWords), [
    "error budget: not known",
    "error budget overdrawn",
    "error budget used up",
    "50 % of budget left",
  ]);
  assert.equal(tightestOf([objective(0.9), objective(null), objective(0.2)])?.budget_left, 0.2);
  assert.equal(tightestOf([]), null);
});

test("less than all is never 100 %", () => {
  assert.deepEqual([1, 0.99999, 0.9712, 0.5, 0].map(percent), ["100 %", "99.99 %", "97.1 %", "50 %", "0 %"]);
});

test("only pages are linked", () => {
  assert.equal(linkOf("https://here/x#y"), "https://here/x#y");
  assert.equal(linkOf("/runbook/X"), "/runbook/X");
  for (const bad of ["", "javascript:alert(1)", "//elsewhere/x", "docs/RUNBOOK.md#x"]) {
    assert.equal(linkOf(bad), null);
  }
});

test("the history says what is missing, and the command that starts it", () => {
  const down = strip({ parts: [part("prometheus", "down", "refused")], newest: 900 });
  assert.deepEqual(historyNotice(down, 5), {
    state: "down",
    words: "History stands still, for Prometheus is down: refused.",
    command: "make start",
    since: 900,
  });
  const off = historyNotice(strip({ parts: [part("prometheus", "off", "not part")] }), 5);
  assert.equal(off?.words, "Nothing is drawn here. Prometheus is not part.");
  assert.equal(off?.command, "make start PROMETHEUS=on");
  const behind = historyNotice(strip({ parts: [part("prometheus")], newest: 900 }), 5);
  assert.deepEqual([behind?.command, behind?.since], ["", 900]);
  assert.equal(historyNotice(strip({ parts: [part("prometheus")] }), 5), null);
});

test("what needs Prometheus says so where it is gone", () => {
  assert.equal(missingOf(strip()), "");
  const down = strip({ parts: [part("prometheus", "down")] });
  assert.equal(missingOf(down), "needs Prometheus, which is down");
});

test("the line at the top waits before it says that it connects, and says why it does", () => {
  const connection = /** @type {any} */ ({ kind: "connecting", reason: "", since: 0, heard: null, again: null });
  assert.equal(connectionWords(connection, 100), "");
  assert.equal(connectionWords(connection, 5000), "Connecting; nothing came yet.");
  const lost = { ...connection, kind: "lost", reason: "the dashboard stops", heard: 1 };
  assert.equal(connectionWords(lost, 5000), "Reconnecting (the dashboard stops), last data");
  assert.equal(connectionWords({ ...connection, kind: "open" }, 5000), "");
  assert.equal(connectionWords({ ...lost, kind: "outdated", reason: "of another version" }, 1), "Of another version.");
});

test("a line on which nothing comes is said, before it is lost", () => {
  const open = /** @type {any} */ ({ kind: "open", reason: "", since: 0, heard: 1000, again: null });
  assert.equal(connectionWords(open, 1000 + QUIET_MS - 1), "");
  assert.equal(connectionWords(open, 1000 + QUIET_MS), "Nothing heard of the dashboard for");
});

test("ages stop where nothing is known any more, and do not jump when the line is lost", () => {
  const open = /** @type {any} */ ({ kind: "open", reason: "", since: 0, heard: 1000, again: null });
  assert.equal(knownUntil(open, 3000), 3000);
  assert.equal(knownUntil(open, 30_000), 1000 + QUIET_MS);
  assert.equal(knownUntil({ ...open, kind: "lost", since: 21_000 }, 30_000), 1000 + QUIET_MS);
  assert.equal(knownUntil({ ...open, kind: "lost", since: 3000 }, 30_000), 3000);
  assert.equal(knownUntil({ ...open, kind: "connecting", heard: null }, 30_000), 30_000);
  assert.equal(knownUntil(null, 30_000), 30_000);
});
