// node --require: the gateway listens on the address of its --host= alone.
// It has no option for that and takes all of the machine's, where it would carry requests of
// anybody on the network to any address: it asks nobody who they are.
"use strict";

const net = require("node:net");

const FLAG = "--host=";
const given = process.argv.find((argument) => argument.startsWith(FLAG));
if (given === undefined) {
  throw new Error(`loopback.cjs: expected ${FLAG}ADDRESS, found none`);
}
const host = given.slice(FLAG.length);
const listen = net.Server.prototype.listen;

net.Server.prototype.listen = function (port, _host, ...rest) {
  this.once("listening", () => console.info("started:", host, port));
  return listen.call(this, { port: Number(port), host }, ...rest);
};
