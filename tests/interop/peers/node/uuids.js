// The methods of uuids.thrift: what a compiler that knows uuid would write.
"use strict";

const { Thrift } = require("thrift");
const Peer = require("./Peer");

class One {
  // A struct of one field, as arguments (1) and results (0) are.
  constructor(id, type, value) {
    Object.assign(this, { id, type, value });
  }

  write(output) {
    output.writeStructBegin("uuids");
    output.writeFieldBegin("value", this.type, this.id);
    if (this.type === Thrift.Type.UUID) output.writeUuid(this.value);
    else output.writeString(this.value);
    output.writeFieldEnd();
    output.writeFieldStop();
    output.writeStructEnd();
  }

  read(input) {
    input.readStructBegin();
    for (;;) {
      const { ftype, fid } = input.readFieldBegin();
      if (ftype === Thrift.Type.STOP) break;
      if (fid !== this.id || ftype !== this.type) input.skip(ftype);
      else this.value = ftype === Thrift.Type.UUID ? input.readUuid() : input.readString();
      input.readFieldEnd();
    }
    input.readStructEnd();
    return this;
  }
}

function answer(name, type, of) {
  Peer.Processor.prototype[`process_${name}`] = function (seqid, input, output) {
    const value = new One(1, Thrift.Type.UUID).read(input).value;
    input.readMessageEnd();
    output.writeMessageBegin(name, Thrift.MessageType.REPLY, seqid);
    new One(0, type, of(value)).write(output);
    output.writeMessageEnd();
    output.flush();
  };
  Peer.Client.prototype[`recv_${name}`] = function (input, mtype, seqid) {
    const callback = this._reqs[seqid];
    delete this._reqs[seqid];
    if (mtype === Thrift.MessageType.EXCEPTION) {
      const error = new Thrift.TApplicationException();
      error.read(input);
      input.readMessageEnd();
      return callback(error);
    }
    const result = new One(0, type).read(input);
    input.readMessageEnd();
    return callback(null, result.value);
  };
}

answer("describe_uuid", Thrift.Type.STRING, (value) => JSON.stringify(value));
answer("echo_uuid", Thrift.Type.UUID, (value) => value);

function call(client, name, value) {
  client._seqid = client.new_seqid();
  return new Promise((resolve, reject) => {
    client._reqs[client.seqid()] = (error, result) => (error ? reject(error) : resolve(result));
    const output = new client.pClass(client.output);
    output.writeMessageBegin(name, Thrift.MessageType.CALL, client.seqid());
    new One(1, Thrift.Type.UUID, value).write(output);
    output.writeMessageEnd();
    client.output.flush();
  });
}

module.exports = { call };
