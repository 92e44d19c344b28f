import interop.Peer;
import interop.Point;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.thrift.ProcessFunction;
import org.apache.thrift.TBase;
import org.apache.thrift.TException;
import org.apache.thrift.protocol.TField;
import org.apache.thrift.protocol.TProtocol;
import org.apache.thrift.protocol.TProtocolUtil;
import org.apache.thrift.protocol.TStruct;
import org.apache.thrift.protocol.TType;

/** The methods of uuids.thrift: what a compiler that knows uuid would write. */
final class Uuids {
  private Uuids() {}

  /** A struct of one field, as arguments (1) and results (0) are; Point lends what TBase wants besides. */
  static final class One extends Point {
    private final short id;
    private final byte type;
    Object one;

    One(int id, byte type, Object one) {
      this.id = (short) id;
      this.type = type;
      this.one = one;
    }

    @Override
    public void write(TProtocol out) throws TException {
      out.writeStructBegin(new TStruct("uuids"));
      out.writeFieldBegin(new TField("value", type, id));
      if (type == TType.UUID) out.writeUuid((UUID) one);
      else out.writeString((String) one);
      out.writeFieldEnd();
      out.writeFieldStop();
      out.writeStructEnd();
    }

    @Override
    public void read(TProtocol in) throws TException {
      in.readStructBegin();
      for (TField field = in.readFieldBegin(); field.type != TType.STOP; field = in.readFieldBegin()) {
        if (field.id != id || field.type != type) TProtocolUtil.skip(in, field.type);
        else if (type == TType.UUID) one = in.readUuid();
        else one = in.readString();
        in.readFieldEnd();
      }
      in.readStructEnd();
    }
  }

  static final class Processor extends Peer.Processor<Peer.Iface> {
    Processor(Peer.Iface handler) {
      super(handler, map());
    }

    private static Map<String, ProcessFunction<Peer.Iface, ? extends TBase>> map() {
      Map<String, ProcessFunction<Peer.Iface, ? extends TBase>> map = new HashMap<>();
      map.put("describe_uuid", new Function("describe_uuid"));
      map.put("echo_uuid", new Function("echo_uuid"));
      return map;
    }
  }

  private static final class Function extends ProcessFunction<Peer.Iface, One> {
    Function(String name) {
      super(name);
    }

    @Override
    protected boolean isOneway() {
      return false;
    }

    @Override
    public TBase getResult(Peer.Iface handler, One arguments) {
      if (getMethodName().equals("echo_uuid")) return new One(0, TType.UUID, arguments.one);
      return new One(0, TType.STRING, Words.of(arguments.one));
    }

    @Override
    public One getEmptyArgsInstance() {
      return new One(1, TType.UUID, null);
    }
  }

  static final class Client extends Peer.Client {
    Client(TProtocol protocol) {
      super(protocol);
    }

    Object call(String name, byte type, UUID value) throws TException {
      sendBase(name, new One(1, TType.UUID, value));
      One result = new One(0, type, null);
      receiveBase(result, name);
      return result.one;
    }
  }
}
