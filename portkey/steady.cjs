// node --require: an answer that breaks off ends one request, not the gateway.
// It leaves the failure of such an answer unhandled, and Node ends a process for that: all other
// requests would be cut with it.
"use strict";

process.on("unhandledRejection", (reason) => {
  console.error("unhandled rejection:", reason instanceof Error ? reason : typeof reason);
});
