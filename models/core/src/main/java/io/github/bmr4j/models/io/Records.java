package io.github.bmr4j.models.io;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Records as values of JSON and back, without the loss of a bit. Their components may be numbers,
 * truth values, strings, enumerations, records, lists of these, and arrays of numbers or truth
 * values; any of these but numbers may be null. A number that is not finite becomes a string.
 */
public final class Records {

  private Records() {}

  /**
   * What {@link Json#write} takes.
   *
   * @param value of one of the types above
   * @throws IllegalArgumentException if it is not
   */
  public static Object toJson(Object value) {
    return switch (value) {
      case null -> null;
      case Record r -> {
        Map<String, Object> members = new LinkedHashMap<>();
        for (RecordComponent component : r.getClass().getRecordComponents()) {
          members.put(component.getName(), toJson(component(r, component)));
        }
        yield members;
      }
      case List<?> list -> {
        List<Object> elements = new ArrayList<>();
        list.forEach(element -> elements.add(toJson(element)));
        yield elements;
      }
      case Double d -> Double.isFinite(d) ? d : d.toString();
      case Float f -> toJson(f.doubleValue());
      case Integer i -> i.longValue();
      case Long _, Boolean _, String _ -> value;
      case Enum<?> e -> e.name();
      case Object array when array.getClass().isArray() -> {
        List<Object> elements = new ArrayList<>();
        for (int i = 0; i < Array.getLength(array); i++) {
          elements.add(toJson(Array.get(array, i)));
        }
        yield elements;
      }
      default -> throw new IllegalArgumentException("Cannot write a " + value.getClass());
    };
  }

  /**
   * The record that {@link #toJson} was given.
   *
   * @param json as {@link Json#parse} gives it
   * @param type of the record
   * @param <T> the same
   * @param source the file's name, for messages
   * @throws InvalidFileException if it is none of that type
   */
  public static <T extends Record> T fromJson(Object json, Class<T> type, String source) {
    try {
      return type.cast(read(json, type));
    } catch (IllegalArgumentException | ReflectiveOperationException mismatch) {
      Throwable reason = mismatch.getCause() == null ? mismatch : mismatch.getCause();
      throw new InvalidFileException(
          source, -1, "has no " + type.getSimpleName() + ": " + reason.getMessage(), mismatch);
    }
  }

  private static Object component(Record from, RecordComponent component) {
    try {
      Method accessor = component.getAccessor();
      accessor.setAccessible(true);
      return accessor.invoke(from);
    } catch (ReflectiveOperationException unreadable) {
      throw new IllegalArgumentException("Cannot read " + component, unreadable);
    }
  }

  private static Object read(Object json, Type type) throws ReflectiveOperationException {
    if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
      List<Object> elements = new ArrayList<>();
      for (Object element : expect(json, List.class)) {
        elements.add(read(element, list.getActualTypeArguments()[0]));
      }
      return elements;
    }
    if (!(type instanceof Class<?> plain)) {
      throw new IllegalArgumentException("Cannot read a " + type);
    }
    if (plain == double.class || plain == Double.class) {
      return json instanceof Long || json instanceof Double
          ? (Object) ((Number) json).doubleValue()
          : (Object) Double.valueOf(expect(json, String.class));
    }
    if (plain == float.class) {
      return ((Double) read(json, double.class)).floatValue();
    }
    if (plain == int.class) {
      return Math.toIntExact(expect(json, Long.class));
    }
    if (plain == long.class) {
      return expect(json, Long.class);
    }
    if (plain == boolean.class) {
      return expect(json, Boolean.class);
    }
    if (json == null) {
      return null;
    }
    if (plain == String.class) {
      return expect(json, String.class);
    }
    if (plain.isEnum()) {
      return constant(plain, expect(json, String.class));
    }
    return plain.isArray() ? array(json, plain) : record(json, plain);
  }

  private static <T> T expect(Object json, Class<T> type) {
    if (!type.isInstance(json)) {
      throw new IllegalArgumentException(
          "found " + Json.write(json) + ", expected a " + type.getSimpleName());
    }
    return type.cast(json);
  }

  private static Object constant(Class<?> type, String name) {
    for (Object constant : type.getEnumConstants()) {
      if (((Enum<?>) constant).name().equals(name)) {
        return constant;
      }
    }
    throw new IllegalArgumentException(type.getSimpleName() + " has no " + name);
  }

  private static Object array(Object json, Class<?> type) throws ReflectiveOperationException {
    List<?> elements = expect(json, List.class);
    Object array = Array.newInstance(type.componentType(), elements.size());
    for (int i = 0; i < elements.size(); i++) {
      Array.set(array, i, read(elements.get(i), type.componentType()));
    }
    return array;
  }

  private static Object record(Object json, Class<?> type) throws ReflectiveOperationException {
    if (!type.isRecord()) {
      throw new IllegalArgumentException("Cannot read a " + type);
    }
    Map<?, ?> members = expect(json, Map.class);
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      types[i] = components[i].getType();
      if (!members.containsKey(components[i].getName())) {
        throw new IllegalArgumentException(
            type.getSimpleName() + " has no " + components[i].getName());
      }
      values[i] = read(members.get(components[i].getName()), components[i].getGenericType());
    }
    Constructor<?> constructor = type.getDeclaredConstructor(types);
    constructor.setAccessible(true);
    return constructor.newInstance(values);
  }
}
