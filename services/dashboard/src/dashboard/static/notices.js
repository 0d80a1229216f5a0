// @ts-check
// The sentences about what is missing: the line at the top, and the one above the history.

import { setAge } from "./ages.js";
import { byId, setText } from "./dom.js";
import { capital } from "./format.js";
import { staleAfter } from "./readings.js";

/** @typedef {import("./types.js").Strip} Strip */
/** @typedef {import("./socket.js").Connection} Connection */

/** A page that has just been opened need not say that it connects. */
const PATIENCE_MS = 1500;
/** The dashboard promises a word every eight seconds: after so long it is said that none came. */
export const QUIET_MS = 10_000;

/**
 * Up to when what was said last may be taken to go on: there ages stop.
 * @param {Connection|null} connection @param {number} now milliseconds of the page's clock
 */
export function knownUntil(connection, now) {
  if (!connection || connection.heard === null) return now;
  const { kind, heard, since } = connection;
  return Math.min(now, heard + QUIET_MS, kind === "open" ? now : Math.max(heard, since));
}

/** Whether the line is there, and nothing comes of it. @param {Connection} connection @param {number} now */
const isSilent = ({ kind, heard }, now) => kind === "open" && heard !== null && now - heard >= QUIET_MS;

/**
 * What the line at the top says; empty: nothing. Its age stands after it.
 * @param {Connection} connection @param {number} now milliseconds of the page's clock
 * @returns {string}
 */
export function connectionWords(connection, now) {
  const { kind, reason, since, heard } = connection;
  if (kind === "open") return isSilent(connection, now) ? "Nothing heard of the dashboard for" : "";
  if (kind === "outdated") return capital(`${reason}.`);
  if (heard === null && now - since < PATIENCE_MS) return "";
  const doing = heard === null ? "Connecting" : "Reconnecting";
  const why = reason ? ` (${reason})` : "";
  return heard === null ? `${doing}${why}; nothing came yet.` : `${doing}${why}, last data`;
}

/**
 * What is wrong with the history, and the command that helps; null: nothing.
 * @param {Strip} strip @param {number} scrapeSeconds
 * @returns {{state: string, words: string, command: string, since: number|null}|null}
 */
export function historyNotice(strip, scrapeSeconds) {
  const prometheus = strip.parts.find((part) => part.name === "prometheus");
  const reason = prometheus?.reason ?? "";
  if (prometheus?.state === "off") {
    const words = `Nothing is drawn here. Prometheus is ${reason}.`;
    return { state: "off", words, command: "make start PROMETHEUS=on", since: null };
  }
  if (prometheus?.state === "down") {
    const words = `History stands still, for Prometheus is down: ${reason}.`;
    return { state: "down", words, command: "make start", since: strip.newest };
  }
  const isBehind = strip.newest !== null && strip.at - strip.newest > staleAfter(scrapeSeconds);
  if (!isBehind) return null;
  const words = "Charts of requests are behind: Prometheus has nothing newer of the proxy.";
  return { state: "degraded", words, command: "", since: strip.newest };
}

/** Why Prometheus has nothing; empty: it has, or will have. @param {Strip} strip */
export function missingOf(strip) {
  const prometheus = strip.parts.find((part) => part.name === "prometheus");
  const isGone = prometheus?.state === "down" || prometheus?.state === "off";
  return isGone ? `needs Prometheus, which is ${prometheus.state}` : "";
}

/** @param {Connection} connection @param {number} now milliseconds @param {number} unixNow */
export function showConnection(connection, now, unixNow) {
  const words = connectionWords(connection, now);
  const line = byId("connection");
  line.hidden = words === "";
  setText(byId("connection-words"), words);
  const isOpen = connection.kind === "open";
  const isAged = words !== "" && (isOpen || connection.kind === "lost") && connection.heard !== null;
  const heard = isAged ? unixNow - (now - (connection.heard ?? now)) / 1000 : null;
  setAge(byId("connection-age"), heard, unixNow, { after: isOpen ? "." : " ago." });
  byId("connection-reload").hidden = connection.kind !== "outdated";
  byId("connection-retry").hidden = connection.kind !== "lost";
}

/** @param {ReturnType<typeof historyNotice>} notice @param {number} unixNow */
export function showHistory(notice, unixNow) {
  byId("history").hidden = notice === null;
  if (notice === null) return;
  byId("history-dot").dataset.state = notice.state;
  setText(byId("history-words"), notice.words);
  setAge(byId("history-age"), notice.since, unixNow, { before: "Newest sample: ", after: " ago." });
  byId("history-remedy").hidden = notice.command === "";
  setText(byId("history-command"), notice.command);
}

/** Beside what is said already. @param {string} sentence */
export function addComplaint(sentence) {
  const said = byId("complaint").hidden ? "" : `${byId("complaint-words").textContent} `;
  showComplaint(`${said}${sentence}`);
}

/** A sentence about what was asked for, until it is closed. @param {string} sentence empty: none */
export function showComplaint(sentence) {
  byId("complaint").hidden = sentence === "";
  setText(byId("complaint-words"), sentence);
}
