import interop.Broken;
import interop.Color;
import interop.Everything;
import interop.Later;
import interop.Peer;
import interop.Point;
import interop.Refused;
import interop.Second;
import interop.Tree;
import interop.Wide;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.thrift.TApplicationException;
import org.apache.thrift.TDeserializer;
import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.protocol.TMultiplexedProtocol;
import org.apache.thrift.protocol.TProtocol;
import org.apache.thrift.protocol.TType;
import org.apache.thrift.transport.THttpClient;
import org.apache.thrift.transport.TSSLTransportFactory;
import org.apache.thrift.transport.TSocket;
import org.apache.thrift.transport.TTransport;

/** Calls everything once over one connection, which is made anew after an error, and prints what came. */
final class Client {
  private static final int MILLISECONDS = 5000;

  private final Stack stack;
  private final String address;
  private TTransport transport;
  private TProtocol protocol;

  Client(Stack stack, String address) {
    this.stack = stack;
    this.address = address;
  }

  private interface Call {
    Object run() throws Exception;
  }

  /** JSON already. */
  private static final class Said {
    final String text;

    Said(String text) {
      this.text = text;
    }
  }

  private void step(String name, Call call) {
    try {
      Object result = call.run();
      say("result", name, result instanceof Said ? ((Said) result).text : Words.of(result));
    } catch (Refused error) {
      say("result", name, "{\"Refused\":" + Words.of(error) + "}");
    } catch (Broken error) {
      say("result", name, "{\"Broken\":" + Words.of(error) + "}");
    } catch (TApplicationException error) {
      say("result", name, "{\"TApplicationException\":" + error.getType() + "}");
    } catch (Exception error) {
      say("error", name, Words.quoted(error.toString()));
      close();
    }
  }

  private static void say(String word, String name, String what) {
    Main.out.println(word + " " + name + " " + what);
  }

  private TTransport raw() throws Exception {
    if (stack.transport.equals("http")) {
      String scheme = stack.socket.equals("ssl") ? "https" : "http";
      THttpClient http = new THttpClient(scheme + "://localhost:" + address + "/");
      http.setConnectTimeout(MILLISECONDS);
      http.setReadTimeout(MILLISECONDS);
      return http;
    }
    switch (stack.socket) {
      case "unix":
        return UnixSockets.connect(address);
      case "ssl":
        return TSSLTransportFactory.getClientSocket(
            "localhost", Integer.parseInt(address), MILLISECONDS, Stack.clientParameters());
      default:
        return new TSocket("127.0.0.1", Integer.parseInt(address), MILLISECONDS);
    }
  }

  private TProtocol protocol(String service) throws Exception {
    if (transport == null) {
      TTransport made = stack.transportFactory().getTransport(raw());
      if (!made.isOpen()) made.open();
      transport = made;
      protocol = stack.protocolFactory().getProtocol(made);
    }
    return stack.mux && service != null ? new TMultiplexedProtocol(protocol, service) : protocol;
  }

  private void close() {
    if (transport != null) transport.close();
    transport = null;
    protocol = null;
  }

  private Uuids.Client peer() throws Exception {
    return new Uuids.Client(protocol("Peer"));
  }

  private Later.Client later() throws Exception {
    return new Later.Client(protocol("Peer"));
  }

  private Object ping() throws Exception {
    peer().ping();
    return true;
  }

  void run() throws Exception {
    String mark = "java " + address + " " + System.nanoTime() + " ";
    step("who", () -> peer().who());
    step("ping", this::ping);
    step(
        "arguments",
        () ->
            new Said(
                peer()
                    .arguments(
                        true, (byte) -8, (short) -1600, -320000, -9007199254740993L, 2.5, "grüß 🌍",
                        ByteBuffer.wrap(new byte[] {0, -1, -128}), Color.BLUE, List.of(1, -1),
                        Map.of("a", 1, "b", -2), new Point(3, 4))));
    step("half", () -> peer().half(5));
    step("reversed", () -> peer().reversed(ByteBuffer.wrap(new byte[] {0, -1, 16})));
    step("divide", () -> peer().divide(7, 2));
    step("refused", () -> peer().divide(7, 0));
    step("broken", () -> peer().divide(7, -2));
    step(
        "fail",
        () -> {
          peer().fail();
          return true;
        });
    step("after_fail", this::ping);
    step("unheard_of", () -> later().unheard_of(wide()));
    step("after_unheard_of", this::ping);
    for (String[] note : new String[][] {{"note", "one"}, {"note_again", "two"}}) {
      step(
          note[0],
          () -> {
            peer().note(mark + note[1]);
            return true;
          });
    }
    step(
        "notes",
        () -> {
          List<String> notes = new ArrayList<>();
          for (String text : peer().notes(mark)) notes.add(text.substring(mark.length()));
          return notes;
        });
    step("narrow", () -> new Said(later().narrow(wide())));
    if (stack.mux) {
      step("twice", () -> new Second.Client(protocol("Second")).twice(21));
      step("default", () -> new Peer.Client(protocol(null)).who());
      step(
          "nobody",
          () -> {
            new Peer.Client(protocol("Nobody")).ping();
            return true;
          });
      step("after_nobody", this::ping);
    }
    UUID id = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
    step("describe_uuid", () -> new Said((String) peer().call("describe_uuid", TType.STRING, id)));
    step("echo_uuid", () -> peer().call("echo_uuid", TType.UUID, id));
    for (String line : Files.readAllLines(Path.of(System.getenv("INTEROP_CASES")))) {
      String name = line.substring(0, line.indexOf(' '));
      Everything value = new Everything();
      step(
          "sent:" + name,
          () -> {
            new TDeserializer(new TBinaryProtocol.Factory()).deserialize(value, unhex(line.substring(name.length() + 1)));
            return value;
          });
      step("described:" + name, () -> new Said(peer().describe(value)));
      step("echoed:" + name, () -> peer().echo(value));
    }
    close();
  }

  private static byte[] unhex(String digits) {
    byte[] out = new byte[digits.length() / 2];
    for (int i = 0; i < out.length; i++) {
      out[i] = (byte) Integer.parseInt(digits.substring(2 * i, 2 * i + 2), 16);
    }
    return out;
  }

  private static Wide wide() {
    Tree tree = new Tree();
    tree.setValue(1);
    tree.setChildren(List.of(new Tree().setValue(2), new Tree().setValue(3)));
    return new Wide()
        .setFirst(1)
        .setA_bool(true)
        .setAn_i8((byte) 2)
        .setAn_i16((short) 3)
        .setAn_i32(4)
        .setAn_i64(5)
        .setA_double(6)
        .setA_string("seven")
        .setA_binary(new byte[] {8})
        .setBools(List.of(true, false))
        .setStrings(Set.of("a", "b"))
        .setLists(Map.of("c", List.of(1L, 2L)))
        .setTree(tree)
        .setTrees(List.of(tree, tree))
        .setPoints(Map.of(1, new Point(2, 3)))
        .setNothing(Map.of())
        .setLast("end");
  }
}
