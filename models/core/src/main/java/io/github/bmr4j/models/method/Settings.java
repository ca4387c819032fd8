package io.github.bmr4j.models.method;

import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The settings of a run as text, by their names: {@code model.priorVariance} and so on. */
final class Settings {

  private Settings() {}

  /**
   * The components of a record, those of records within it included.
   *
   * @param config settings; what is no number, text, enumeration or record counts by its class, and
   *     functions, which have names beside them, do not count
   */
  static SortedMap<String, String> of(Record config) {
    SortedMap<String, String> settings = new TreeMap<>();
    put(settings, "", config);
    return settings;
  }

  private static void put(Map<String, String> settings, String name, Object value) {
    switch (value) {
      case Record r -> {
        settings.put(name.isEmpty() ? "kind" : name, r.getClass().getSimpleName());
        for (RecordComponent component : r.getClass().getRecordComponents()) {
          String inner = name.isEmpty() ? component.getName() : name + "." + component.getName();
          put(settings, inner, component(r, component));
        }
      }
      case Number _, String _, Boolean _, Enum<?> _, List<?> _ ->
          settings.put(name, value.toString());
      case null -> settings.put(name, "none");
      default -> {
        if (!value.getClass().isHidden()) {
          settings.put(name, value.getClass().getSimpleName());
        }
      }
    }
  }

  private static Object component(Record from, RecordComponent component) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(from);
    } catch (ReflectiveOperationException unreadable) {
      throw new IllegalStateException("Cannot read " + component, unreadable);
    }
  }
}
