import interop.Broken;
import interop.Color;
import interop.Everything;
import interop.Narrow;
import interop.Peer;
import interop.Point;
import interop.Refused;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

final class Handler implements Peer.Iface {
  private static final List<String> notes = new ArrayList<>();

  @Override
  public String who() {
    return "java";
  }

  @Override
  public void ping() {}

  @Override
  public String describe(Everything value) {
    return Words.of(value);
  }

  @Override
  public Everything echo(Everything value) {
    return value;
  }

  @Override
  public String arguments(
      boolean a, byte b, short c, int d, long e, double f, String g, ByteBuffer h, Color i, List<Integer> j,
      Map<String, Integer> k, Point l) {
    return Words.of(List.of(a, b, c, d, e, f, g, h, i, j, k, l));
  }

  @Override
  public double half(double value) {
    return value / 2;
  }

  @Override
  public ByteBuffer reversed(ByteBuffer data) {
    byte[] out = new byte[data.remaining()];
    for (int i = 0; i < out.length; i++) out[i] = data.get(data.limit() - 1 - i);
    return ByteBuffer.wrap(out);
  }

  @Override
  public int divide(int dividend, int divisor) throws Refused, Broken {
    if (divisor == 0) throw new Refused(1, "division by zero: ÷0");
    if (divisor < 0) throw new Broken("less than nothing", List.of(new Point(dividend, divisor)));
    return dividend / divisor;
  }

  @Override
  public void fail() {
    throw new IllegalStateException("undeclared");
  }

  @Override
  public void note(String text) {
    synchronized (notes) {
      notes.add(text);
    }
  }

  @Override
  public List<String> notes(String prefix) {
    List<String> out = new ArrayList<>();
    synchronized (notes) {
      for (String text : notes) if (text.startsWith(prefix)) out.add(text);
    }
    return out;
  }

  @Override
  public String narrow(Narrow value) {
    return Words.of(value);
  }
}
