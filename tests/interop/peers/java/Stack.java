import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.protocol.TCompactProtocol;
import org.apache.thrift.protocol.TJSONProtocol;
import org.apache.thrift.protocol.TProtocolFactory;
import org.apache.thrift.transport.TSSLTransportFactory.TSSLTransportParameters;
import org.apache.thrift.transport.TTransportFactory;
import org.apache.thrift.transport.TZlibTransport;
import org.apache.thrift.transport.layered.TFramedTransport;

/** What stands between the calls and the bytes: "compact/framed/tcp", with "/mux" where services are multiplexed. */
final class Stack {
  final String protocol;
  final String transport;
  final String socket;
  final boolean mux;

  Stack(String text) {
    String[] words = text.split("/");
    protocol = words[0];
    transport = words[1];
    socket = words[2];
    mux = words.length > 3 && words[3].equals("mux");
  }

  TProtocolFactory protocolFactory() {
    switch (protocol) {
      case "binary":
        return new TBinaryProtocol.Factory();
      case "compact":
        return new TCompactProtocol.Factory();
      case "json":
        return new TJSONProtocol.Factory();
      default:
        throw new IllegalArgumentException("no protocol " + protocol);
    }
  }

  TTransportFactory transportFactory() {
    switch (transport) {
      case "framed":
      case "hsha":
      case "selector":
        return new TFramedTransport.Factory();
      case "zlib":
        return new TZlibTransport.Factory();
      case "buffered": // the sockets' streams are buffered
      case "http":
        return new TTransportFactory();
      default:
        throw new IllegalArgumentException("no transport " + transport);
    }
  }

  static String certificate(String name) {
    return System.getenv("INTEROP_CERTIFICATES") + "/" + name;
  }

  static TSSLTransportParameters serverParameters() {
    TSSLTransportParameters parameters = new TSSLTransportParameters();
    parameters.setKeyStore(certificate("server.p12"), "interop", "SunX509", "PKCS12");
    return parameters;
  }

  static TSSLTransportParameters clientParameters() {
    TSSLTransportParameters parameters = new TSSLTransportParameters();
    parameters.setTrustStore(certificate("ca.p12"), "interop", "SunX509", "PKCS12");
    return parameters;
  }
}
