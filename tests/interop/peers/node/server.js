"use strict";

const thrift = require("thrift");
const { Broken, Point, Refused } = require("./interop_types");
const Peer = require("./Peer");
const Second = require("./Second");
const { certificate } = require("./stack");
const words = require("./words");
require("./uuids");

const notes = [];

const peer = {
  who: async () => "node",
  ping: async () => {},
  describe: async (value) => words.everything(value),
  echo: async (value) => value,
  arguments: async (a, b, c, d, e, f, g, h, i, j, k, l) =>
    "[" +
    [
      words.bool(a),
      ...[b, c, d, e].map(words.whole),
      words.double(f),
      words.text(g),
      words.binary(h),
      words.whole(i),
      words.list(words.whole)(j),
      words.map(words.text, words.whole)(k),
      words.point(l),
    ].join(",") +
    "]",
  half: async (value) => value / 2,
  reversed: async (data) => Buffer.from(data).reverse(),
  divide: async (dividend, divisor) => {
    if (divisor === 0) throw new Refused({ code: 1, reason: "division by zero: ÷0" });
    if (divisor < 0) {
      throw new Broken({ detail: "less than nothing", places: [new Point({ x: dividend, y: divisor })] });
    }
    return Math.trunc(dividend / divisor);
  },
  fail: async () => {
    throw new Error("undeclared");
  },
  note: async (text) => {
    notes.push(text);
  },
  notes: async (prefix) => notes.filter((text) => text.startsWith(prefix)),
  narrow: async (value) => words.narrow(value),
};
const second = { twice: async (number) => 2 * number };

function processor(mux) {
  if (!mux) return new Peer.Processor(peer);
  const multiplexed = new thrift.MultiplexedProcessor();
  multiplexed.registerProcessor("Peer", new Peer.Processor(peer));
  multiplexed.registerProcessor("Second", new Second.Processor(second));
  return multiplexed;
}

// Resolves to the address: a port of the system's choice or the path.
function serve(stack, path) {
  const options = { transport: stack.transport, protocol: stack.protocol };
  if (stack.socket === "ssl") options.tls = { key: certificate("server.key"), cert: certificate("server.pem") };
  let server;
  if (stack.http) {
    const service = { ...options, processor: stack.mux ? processor(true) : Peer, handler: stack.mux ? undefined : peer };
    server = thrift.createWebServer({ services: { "/": service }, tls: options.tls });
  } else if (stack.mux) {
    server = thrift.createMultiplexServer(processor(true), options);
  } else {
    server = thrift.createServer(Peer, peer, options);
  }
  server.on("error", (error) => console.error(error));
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    if (stack.socket === "unix") server.listen(path, () => resolve(path));
    else server.listen(0, "127.0.0.1", () => resolve(server.address().port));
  });
}

module.exports = { serve };
