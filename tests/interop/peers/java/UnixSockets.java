import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.apache.thrift.transport.TIOStreamTransport;
import org.apache.thrift.transport.TServerTransport;
import org.apache.thrift.transport.TTransport;
import org.apache.thrift.transport.TTransportException;

/** UNIX sockets, which libthrift has none of: the JDK's, as streams. */
final class UnixSockets {
  private UnixSockets() {}

  static TTransport connect(String path) throws TTransportException {
    try {
      return streams(SocketChannel.open(UnixDomainSocketAddress.of(path)));
    } catch (IOException error) {
      throw new TTransportException(error);
    }
  }

  private static TTransport streams(SocketChannel channel) throws TTransportException {
    return new TIOStreamTransport(Channels.newInputStream(channel), Channels.newOutputStream(channel)) {
      @Override
      public boolean isOpen() {
        return channel.isOpen();
      }

      @Override
      public void open() {} // by connect or accept
    };
  }

  static final class Listener extends TServerTransport {
    private final ServerSocketChannel listener;

    Listener(String path) throws IOException {
      listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      listener.bind(UnixDomainSocketAddress.of(path));
    }

    @Override
    public void listen() {}

    @Override
    public TTransport accept() throws TTransportException {
      try {
        return streams(listener.accept());
      } catch (IOException error) {
        throw new TTransportException(error);
      }
    }

    @Override
    public void close() {
      try {
        listener.close();
      } catch (IOException error) {
        throw new IllegalStateException(error);
      }
    }
  }
}
