import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.thrift.TBase;
import org.apache.thrift.TEnum;
import org.apache.thrift.TFieldIdEnum;
import org.apache.thrift.TUnion;
import org.apache.thrift.meta_data.FieldMetaData;

/** What arrived, in JSON of the form that README.md of these tests gives. */
final class Words {
  private Words() {}

  static String of(Object value) {
    if (value instanceof Boolean) return value.toString();
    if (value instanceof Double) {
      double number = (Double) value;
      return Double.isNaN(number) ? "\"nan\"" : String.format("\"%016x\"", Double.doubleToRawLongBits(number));
    }
    if (value instanceof Number) return value.toString();
    if (value instanceof String) return quoted((String) value);
    if (value instanceof UUID) return quoted(value.toString());
    if (value instanceof byte[]) return hex(ByteBuffer.wrap((byte[]) value));
    if (value instanceof ByteBuffer) return hex((ByteBuffer) value);
    if (value instanceof TEnum) return Integer.toString(((TEnum) value).getValue());
    if (value instanceof TUnion) {
      TUnion<?, ?> union = (TUnion<?, ?>) value;
      if (union.getSetField() == null) return "{}";
      return "{" + quoted(union.getSetField().getFieldName()) + ":" + of(union.getFieldValue()) + "}";
    }
    if (value instanceof TBase) return ofStruct((TBase<?, ?>) value);
    List<String> items = new ArrayList<>();
    if (value instanceof Map) {
      for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
        items.add("[" + of(entry.getKey()) + "," + of(entry.getValue()) + "]");
      }
    } else {
      for (Object item : (Collection<?>) value) items.add(of(item));
    }
    return "[" + String.join(",", items) + "]";
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static String ofStruct(TBase struct) {
    List<String> items = new ArrayList<>();
    Map<? extends TFieldIdEnum, FieldMetaData> fields = FieldMetaData.getStructMetaDataMap(struct.getClass());
    for (TFieldIdEnum field : fields.keySet()) {
      if (struct.isSet(field)) items.add(quoted(field.getFieldName()) + ":" + of(struct.getFieldValue(field)));
    }
    return "{" + String.join(",", items) + "}";
  }

  static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') out.append('\\').append(c);
      else if (c < 0x20) out.append(String.format("\\u%04x", (int) c));
      else out.append(c);
    }
    return out.append('"').toString();
  }

  private static String hex(ByteBuffer bytes) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = bytes.position(); i < bytes.limit(); i++) out.append(String.format("%02x", bytes.get(i)));
    return out.append('"').toString();
  }
}
