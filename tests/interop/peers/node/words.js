// What arrived, in JSON of the form that README.md of these tests gives. Generated code for Node knows no types at run
// time, so they are written down here.
"use strict";

const Int64 = require("node-int64");

const whole = (value) => (value instanceof Int64 ? int64Text(value) : String(value));

function int64Text(value) {
  return BigInt.asIntN(64, BigInt("0x" + value.toOctetString())).toString();
}

function double(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return Number.isNaN(value) ? '"nan"' : `"${bytes.toString("hex")}"`;
}

const bool = (value) => (typeof value === "boolean" ? String(value) : JSON.stringify(`not a bool: ${value}`));
const text = (value) => JSON.stringify(value);
const binary = (value) => JSON.stringify(Buffer.from(value).toString("hex"));
const list = (element) => (value) => "[" + Array.from(value, element).join(",") + "]";
const set = list;

// Keys of a map are always strings in JavaScript.
const asNumber = (key) => (/^-?\d+$/.test(key) ? key : JSON.stringify(key));
const asDouble = (key) => double(Number(key));
const asBool = (key) => (key === "true" || key === "false" ? key : JSON.stringify(key));

const map = (key, element) => (value) =>
  "[" + Object.entries(value).map(([k, v]) => `[${key(k)},${element(v)}]`).join(",") + "]";

const struct = (fields) => (value) => {
  const set = Object.entries(fields()).filter(([name]) => value[name] !== null && value[name] !== undefined);
  return "{" + set.map(([name, type]) => `"${name}":${type(value[name])}`).join(",") + "}";
};

const point = struct(() => ({ x: whole, y: whole }));
const shape = struct(() => ({ circle: whole, corner: point, label: text, group: list(shape) }));
const tree = struct(() => ({ value: whole, children: list(tree) }));
const mixed = struct(() => ({ must: whole, usual: whole, maybe: whole, perhaps: text, text: text }));
const everything = struct(() => ({
  a_bool: bool,
  an_i8: whole,
  an_i16: whole,
  an_i32: whole,
  an_i64: whole,
  a_double: double,
  a_string: text,
  a_binary: binary,
  a_color: whole,
  a_moment: whole,
  bools: list(bool),
  i8s: list(whole),
  i16s: list(whole),
  i32s: list(whole),
  i64s: list(whole),
  doubles: list(double),
  strings: list(text),
  binaries: list(binary),
  colors: list(whole),
  points: list(point),
  rows: list(list(whole)),
  i32_set: set(whole),
  string_set: set(text),
  point_set: set(point),
  by_string: map(text, whole),
  by_i32: map(asNumber, text),
  by_i64: map(asNumber, double),
  by_bool: map(asBool, text),
  by_double: map(asDouble, whole),
  by_color: map(asNumber, text),
  by_point: map(text, text),
  nested: map(text, list(map(asNumber, set(text)))),
  groves: map(text, map(text, tree)),
  tree: tree,
  shape: shape,
  shapes: list(shape),
  mixed: mixed,
  by_the_way: whole,
  far: whole,
  last: whole,
}));
const refused = struct(() => ({ code: whole, reason: text }));
const broken = struct(() => ({ detail: text, places: list(point) }));
const narrow = struct(() => ({ first: whole, last: text }));

module.exports = { whole, double, bool, text, binary, list, map, point, everything, refused, broken, narrow };
