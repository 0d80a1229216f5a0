// node --require: the gateway's log holds no prompt, answer or key.
// What it writes for itself may quote a request, such as the text that was no JSON. Here a line
// is one JSON object: the words before the first value, and of an error its kind and its code,
// never its message.
"use strict";

const LONGEST_EVENT = 60;
const MOST_CAUSES = 3;
const LEVELS = { debug: "debug", log: "info", info: "info", warn: "warning", error: "error" };
const NO_NEWS = [
  // said of every answer that is no single JSON document: each stream of Ollama's own API
  /^Error processing log/,
  /^The user aborted a request/,
  // its banner, which names an address that it may not listen on
  /^\x1b/,
  /^\s/,
];

function eventOf(values) {
  const [text] = values;
  // a text alone may be anybody's; one that something follows is the gateway's own
  if (typeof text !== "string" || (values.length === 1 && !text.includes(":"))) return "unnamed";
  const words = /^[\w [\].-]*/.exec(text)[0].trim();
  return words.slice(0, LONGEST_EVENT) || "unnamed";
}

function kindsOf(error) {
  const kinds = [];
  let cause = error;
  while (cause instanceof Error && kinds.length < MOST_CAUSES) {
    kinds.push(/^\w+$/.test(cause.code ?? "") ? `${cause.name} ${cause.code}` : cause.name);
    cause = cause.cause;
  }
  return kinds;
}

function say(level, values) {
  if (NO_NEWS.some((pattern) => pattern.test(values[0]))) return;
  const error = values.find((value) => value instanceof Error);
  const timestamp = new Date().toISOString();
  const about = { event: eventOf(values), level, logger: "gateway", service: "portkey", timestamp };
  process.stderr.write(JSON.stringify(error ? { error: kindsOf(error), ...about } : about) + "\n");
}

for (const [name, level] of Object.entries(LEVELS)) {
  console[name] = (...values) => say(level, values);
}
// where it draws a wheel while it starts
process.stdout.write = () => true;
