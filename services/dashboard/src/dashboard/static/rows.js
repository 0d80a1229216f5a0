// @ts-check
// The live table's rows, from one message to the next. Pure. Units: `now` and `*At` are
// milliseconds of the page's clock, others seconds.

/** @typedef {import("./types.js").Request} Request */
/** @typedef {import("./types.js").Finished} Finished */
/** @typedef {import("./types.js").Live} Live */
/**
 * What is foretold, not observed: the place in the proxy's queue and how long it waits there still, or
 * how far a prompt has been read (0 to 1) and when its first token comes.
 * @typedef {{place: number|null, waits: number|null, read: number|null, firstTokenIn: number|null}} Estimate
 */
/**
 * `endedAt` is null while it is in flight; then `outcome` says how it ended, empty: nobody saw it.
 * @typedef {{id: string, endpoint: string, model: string, routing: string, phase: string,
 *   age: number, tokens: number|null, rate: number|null, heardAt: number, endedAt: number|null,
 *   outcome: string, status: number|null, isCloud: boolean, priority: string,
 *   estimate: Estimate}} Row
 */

export const STAGES = Object.freeze(["waiting", "loading", "prefill", "thinking", "answering"]);
/** Before any of them: of these a request may never be in one. */
const BEFORE = Object.freeze(["upload", "queued"]);
export const FADE_MS = 2000;
/** What the table shows without being scrolled. */
export const SEEN = 6;
/** What a request asks that asks no model, as a list of them: shown only while it takes its time. */
export const NO_MODEL = "none";
const MOST_ROWS = 200;
/** @type {Estimate} */
const NOTHING = Object.freeze({ place: null, waits: null, read: null, firstTokenIn: null });
const FRESH_SECONDS = 2;

/** How far it is, from 0 to the number of stages. @param {string} phase */
export function stageOf(phase) {
  return STAGES.indexOf(phase) + 1;
}

/** How old a row's request is; one that ended, or that nobody hears of, grows no older.
 * @param {Row} row @param {number} now @param {boolean} isStale */
export function ageOf(row, now, isStale) {
  return row.endedAt === null && !isStale ? row.age + (now - row.heardAt) / 1000 : row.age;
}

export class Rows {
  constructor() {
    /** In the order in which they came. @type {Map<string, Row>} */
    this._rows = new Map();
    /** Those that were shown to be finished. @type {Set<string>} */
    this._done = new Set();
  }

  /** @param {Live} live @param {number} now */
  hear(live, now) {
    if (live.error && (this._rows.size > 0 || live.at === null)) return;
    const finished = new Map(live.finished.map((one) => [one.request_id, one]));
    this._end(new Set(live.requests.map((one) => one.request_id)), finished, now);
    for (const request of live.requests) this._rows.set(request.request_id, inFlight(request, now));
    const fresh = live.finished.filter(
      (one) => one.ago_seconds <= FRESH_SECONDS && !this._done.has(one.request_id) && one.model !== NO_MODEL,
    );
    for (const one of fresh.slice(0, SEEN)) this._rows.set(one.request_id, ended(one, now));
    this._done = new Set(finished.keys());
  }

  /** The rows to show; those that faded are forgotten. @param {number} now @returns {Row[]} */
  at(now) {
    for (const row of this._rows.values()) {
      if (row.endedAt !== null && now - row.endedAt >= FADE_MS) this._rows.delete(row.id);
    }
    return [...this._rows.values()].slice(0, MOST_ROWS);
  }

  /** @param {Set<string>} running @param {Map<string, Finished>} finished @param {number} now */
  _end(running, finished, now) {
    for (const row of this._rows.values()) {
      if (row.endedAt !== null || running.has(row.id)) continue;
      const known = finished.get(row.id);
      const last = { ...row, age: ageOf(row, now, false), rate: null, endedAt: now };
      this._rows.set(row.id, known ? { ...last, ...ended(known, now) } : last);
      if (known) this._done.add(row.id);
    }
  }
}

/** @param {Request} request @param {number} now @returns {Row} */
function inFlight(request, now) {
  return {
    ...named(request),
    phase: request.phase,
    age: request.age_seconds,
    tokens: request.tokens,
    rate: request.tokens_per_second,
    heardAt: now,
    endedAt: null,
    outcome: "",
    status: null,
    isCloud: request.location === "cloud",
    priority: request.priority ?? "",
    estimate: {
      place: request.queue_position ?? null,
      waits: request.queue_wait_seconds ?? null,
      read: request.prefill_ratio ?? null,
      firstTokenIn: request.first_token_in_seconds ?? null,
    },
  };
}

/** @param {Finished} finished @param {number} now @returns {Row} */
function ended(finished, now) {
  return {
    ...named(finished),
    phase: "",
    age: finished.duration_seconds,
    tokens: finished.tokens,
    rate: null,
    heardAt: now,
    endedAt: now,
    outcome: finished.outcome,
    status: finished.status,
    isCloud: finished.location === "cloud",
    priority: "",
    estimate: NOTHING,
  };
}

/** @param {Request|Finished} one */
const named = ({ request_id: id, endpoint, model, routing }) => ({ id, endpoint, model, routing });

/** @param {{models: string[], routing: string}} view @param {{model: string, routing: string}} one */
export function isWanted(view, one) {
  const ofModel = view.models.length === 0 || view.models.includes(one.model);
  return ofModel && (view.routing === "" || view.routing === one.routing);
}

/**
 * The rows for which there is room: what has ended makes room for what is in flight, first that which
 * ended well, then that which ended longest ago. @param {Row[]} rows @returns {Row[]}
 */
export function fitting(rows) {
  const over = rows.filter((row) => row.endedAt !== null).sort(byWorth);
  over.splice(0, Math.max(0, SEEN - (rows.length - over.length)));
  return rows.filter((row) => !over.includes(row));
}

/** Which of two that ended is rather shown. @param {Row} one @param {Row} other */
const byWorth = (one, other) =>
  Number(other.outcome !== "ok") - Number(one.outcome !== "ok") || (other.endedAt ?? 0) - (one.endedAt ?? 0);

/**
 * "3 in flight: 1 waiting, 2 answering".
 * @param {Row[]} rows @param {number} hidden in flight, and filtered out @param {number} leftOut
 */
export function summary(rows, hidden, leftOut) {
  const running = rows.filter((row) => row.endedAt === null);
  const phases = [...BEFORE, ...STAGES]
    .map((phase) => ({ phase, count: running.filter((row) => row.phase === phase).length }))
    .filter(({ count }) => count > 0)
    .map(({ phase, count }) => `${count} ${phase}`);
  const more = [
    hidden ? `${hidden} hidden by the filter` : "",
    leftOut ? `${leftOut} younger ones not shown` : "",
  ].filter(Boolean);
  const all = running.length + leftOut;
  const what = phases.length ? `${all} in flight: ${phases.join(", ")}` : "No request is in flight";
  return [what, ...more].join("; ");
}

const ORDINALS = Object.freeze({ one: "st", two: "nd", few: "rd" });
const ordinal = new Intl.PluralRules("en", { type: "ordinal" });

/** @param {number} place */
function nth(place) {
  return `${place}${ORDINALS[/** @type {"one"|"two"|"few"} */ (ordinal.select(place))] ?? "th"}`;
}

/** @param {number} seconds */
const about = (seconds) => (seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`);

/** When something comes; what is due has no number any more. @param {number} seconds */
const due = (seconds) => (seconds > 0 ? about(seconds) : "soon");

/** Marked as what it is. @param {string} text */
const estimated = (text) => `est. ${text}`;

/** The same within a sentence. @param {number} seconds */
const dueIn = (seconds) => (seconds > 0 ? `in about ${about(seconds)}` : "at any moment");

/** @param {Row} row */
function ofQueue({ priority, estimate: { place, waits } }) {
  if (place === null) return NOT_FORETOLD;
  const of = priority ? ` (priority ${priority})` : "";
  const turn = waits === null ? "" : `; its turn comes ${dueIn(waits)}, an estimate`;
  const words = [nth(place), waits === null ? "" : estimated(due(waits))].filter(Boolean).join(", ");
  return { words, sentence: `${nth(place)} in the proxy's queue${of}${turn}` };
}

/** @param {Row} row */
function ofPrompt({ estimate: { read, firstTokenIn } }) {
  const part = read === null ? "" : `${Math.round(read * 100)} %`;
  const words = [part, firstTokenIn === null ? "" : due(firstTokenIn)].filter(Boolean).join(", ");
  if (words === "") return NOT_FORETOLD;
  const facts = [
    part ? `about ${part} of the prompt is read` : "",
    firstTokenIn === null ? "" : `the first token comes ${dueIn(firstTokenIn)}`,
  ].filter(Boolean);
  return { words: estimated(words), sentence: `An estimate by earlier prompts of this model: ${facts.join(", ")}` };
}

const NOT_FORETOLD = Object.freeze({ words: "", sentence: "" });

/**
 * What is foretold of a request, in short, and in a sentence that says that it is; both empty: nothing.
 * @param {Row} row @returns {{words: string, sentence: string}}
 */
export function foretold(row) {
  if (row.endedAt === null && row.phase === "queued") return ofQueue(row);
  return row.endedAt === null && row.phase === "prefill" ? ofPrompt(row) : NOT_FORETOLD;
}

/** What the table shows an outcome as. @param {Row} row @returns {{state: string, words: string}} */
export function outcomeOf(row) {
  if (row.outcome === "") return { state: "unknown", words: "ended" };
  const words = row.outcome.replaceAll("_", " ");
  if (row.outcome === "ok") return { state: "ok", words };
  const state = row.outcome === "client_gone" ? "degraded" : "down";
  return { state, words: row.status ? `${words} (${row.status})` : words };
}
