import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;

/** A peer in Java: "serve STACK [PATH]" and "call STACK ADDRESS" come as lines of the standard input or as arguments. */
public final class Main {
  static final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private Main() {}

  public static void main(String[] arguments) throws Exception {
    // THttpClient takes the authorities that the virtual machine trusts.
    System.setProperty("javax.net.ssl.trustStore", Stack.certificate("ca.p12"));
    System.setProperty("javax.net.ssl.trustStorePassword", "interop");
    if (arguments.length > 1) {
      obey(arguments);
      if (arguments[0].equals("serve")) new CountDownLatch(1).await();
      return;
    }
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) obey(line.split(" "));
    System.exit(0);
  }

  private static void obey(String[] words) throws Exception {
    Stack stack = new Stack(words[1]);
    String rest = words.length > 2 ? words[2] : "";
    if (words[0].equals("serve")) {
      try {
        out.println("serving " + words[1] + " " + Server.serve(stack, rest));
      } catch (Exception error) {
        out.println("refused " + words[1] + " " + error);
      }
    } else if (words[0].equals("call")) {
      new Client(stack, rest).run();
      out.println("done " + words[1]);
    }
  }
}
