// What stands between the calls and the bytes: "compact/framed/tcp", with "/mux" after it where services are multiplexed.
"use strict";

const fs = require("fs");
const path = require("path");
const thrift = require("thrift");

const PROTOCOLS = {
  binary: thrift.TBinaryProtocol,
  compact: thrift.TCompactProtocol,
  json: thrift.TJSONProtocol,
  header: thrift.THeaderProtocol,
};
const TRANSPORTS = {
  buffered: thrift.TBufferedTransport,
  framed: thrift.TFramedTransport,
  http: thrift.TBufferedTransport,
};

function parse(words) {
  const [protocol, transport, socket, mux] = words.split("/");
  if (!PROTOCOLS[protocol] || !TRANSPORTS[transport]) {
    throw new Error(`no ${protocol} over ${transport}`);
  }
  return {
    protocol: PROTOCOLS[protocol],
    transport: TRANSPORTS[transport],
    http: transport === "http",
    socket,
    mux: mux === "mux",
  };
}

const certificate = (name) => fs.readFileSync(path.join(process.env.INTEROP_CERTIFICATES, name));

module.exports = { parse, certificate };
