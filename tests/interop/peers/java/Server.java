import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import interop.Second;
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.KeyStore;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.apache.thrift.TException;
import org.apache.thrift.TMultiplexedProcessor;
import org.apache.thrift.TProcessor;
import org.apache.thrift.protocol.TProtocol;
import org.apache.thrift.server.THsHaServer;
import org.apache.thrift.server.TServer;
import org.apache.thrift.server.TThreadPoolServer;
import org.apache.thrift.server.TThreadedSelectorServer;
import org.apache.thrift.transport.TIOStreamTransport;
import org.apache.thrift.transport.TNonblockingServerSocket;
import org.apache.thrift.transport.TSSLTransportFactory;
import org.apache.thrift.transport.TServerSocket;
import org.apache.thrift.transport.TServerTransport;

/** Starts servers, each in a thread, on ports of the system's choice. */
final class Server {
  private static final InetSocketAddress ANY = new InetSocketAddress("127.0.0.1", 0);

  private Server() {}

  private static TProcessor processor(boolean mux) {
    TProcessor peer = new Uuids.Processor(new Handler());
    if (!mux) return peer;
    TMultiplexedProcessor multiplexed = new TMultiplexedProcessor();
    multiplexed.registerProcessor("Peer", peer);
    multiplexed.registerProcessor("Second", new Second.Processor<Second.Iface>(number -> 2 * number));
    multiplexed.registerDefault(peer);
    return multiplexed;
  }

  static String serve(Stack stack, String path) throws Exception {
    switch (stack.transport) {
      case "http":
        return serveHttp(stack);
      case "hsha":
      case "selector":
        return serveNonblocking(stack);
      default:
        return servePool(stack, path);
    }
  }

  private static String servePool(Stack stack, String path) throws Exception {
    TServerTransport socket;
    String address = path;
    if (stack.socket.equals("unix")) {
      socket = new UnixSockets.Listener(path);
    } else {
      TServerSocket listener =
          stack.socket.equals("ssl")
              ? TSSLTransportFactory.getServerSocket(0, 0, InetAddress.getByName("127.0.0.1"), Stack.serverParameters())
              : new TServerSocket(ANY);
      address = Integer.toString(listener.getServerSocket().getLocalPort());
      socket = listener;
    }
    start(
        new TThreadPoolServer(
            new TThreadPoolServer.Args(socket)
                .processor(processor(stack.mux))
                .protocolFactory(stack.protocolFactory())
                .transportFactory(stack.transportFactory())));
    return address;
  }

  private static String serveNonblocking(Stack stack) throws Exception {
    TNonblockingServerSocket socket = new TNonblockingServerSocket(ANY);
    TProcessor processor = processor(stack.mux);
    if (stack.transport.equals("hsha")) {
      start(
          new THsHaServer(
              new THsHaServer.Args(socket).processor(processor).protocolFactory(stack.protocolFactory())));
    } else {
      start(
          new TThreadedSelectorServer(
              new TThreadedSelectorServer.Args(socket).processor(processor).protocolFactory(stack.protocolFactory())));
    }
    return Integer.toString(socket.getPort());
  }

  private static void start(TServer server) {
    Thread thread = new Thread(server::serve);
    thread.setDaemon(true);
    thread.start();
  }

  private static String serveHttp(Stack stack) throws Exception {
    HttpServer server;
    if (stack.socket.equals("ssl")) {
      HttpsServer secure = HttpsServer.create(ANY, 50);
      secure.setHttpsConfigurator(new HttpsConfigurator(serverContext()));
      server = secure;
    } else {
      server = HttpServer.create(ANY, 50);
    }
    TProcessor processor = processor(stack.mux);
    server.createContext("/", exchange -> answer(stack, processor, exchange));
    server.setExecutor(Executors.newCachedThreadPool());
    server.start();
    return Integer.toString(server.getAddress().getPort());
  }

  private static void answer(Stack stack, TProcessor processor, HttpExchange exchange) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      TProtocol protocol =
          stack.protocolFactory().getProtocol(new TIOStreamTransport(exchange.getRequestBody(), out));
      processor.process(protocol, protocol);
      exchange.getResponseHeaders().set("Content-Type", "application/x-thrift");
      exchange.sendResponseHeaders(200, out.size() == 0 ? -1 : out.size());
      exchange.getResponseBody().write(out.toByteArray());
    } catch (TException error) {
      exchange.sendResponseHeaders(500, -1);
    } finally {
      exchange.close();
    }
  }

  private static SSLContext serverContext() throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (FileInputStream in = new FileInputStream(Stack.certificate("server.p12"))) {
      store.load(in, "interop".toCharArray());
    }
    KeyManagerFactory managers = KeyManagerFactory.getInstance("SunX509");
    managers.init(store, "interop".toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }
}
