package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.io.Json;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DoctorCommandTest {

  @Test
  void saysWhatThereIs() {
    Console console = Console.run("doctor");
    assertEquals(0, console.code(), console.toString());
    for (String expected :
        List.of(
            Runtime.version().toString(),
            System.getProperty("java.vendor"),
            "simd",
            "scalar works",
            "opencl ",
            "processors",
            "heap",
            "digits: bundled",
            "fashion-mnist: ")) {
      assertTrue(console.out().contains(expected), expected + " in " + console.out());
    }
  }

  @Test
  void jsonHasTheSame() {
    Console console = Console.run("doctor", "--json");
    assertEquals(0, console.code(), console.toString());
    assertEquals(1, console.out().lines().count());
    Map<?, ?> json = (Map<?, ?>) Json.parse(console.out(), "standard output");
    assertEquals("doctor", json.get("command"));
    assertEquals(true, json.get("works"));
    List<?> names =
        ((List<?>) json.get("backends"))
            .stream().map(backend -> ((Map<?, ?>) backend).get("name")).toList();
    assertTrue(names.containsAll(List.of("simd", "scalar", "opencl")), names.toString());
    assertEquals((long) Runtime.getRuntime().availableProcessors(), json.get("processors"));
  }

  @Test
  void anOpenClDeviceIsListedWithItsLimits() {
    Map<?, ?> json = (Map<?, ?>) Json.parse(Console.run("doctor", "--json").out(), "doctor");
    Map<?, ?> opencl =
        ((List<?>) json.get("backends"))
            .stream()
                .map(backend -> (Map<?, ?>) backend)
                .filter(backend -> "opencl".equals(backend.get("name")))
                .findFirst()
                .orElseThrow();
    List<?> devices = (List<?>) opencl.get("devices");
    assertEquals(opencl.get("available"), !devices.isEmpty(), opencl.toString());
    for (Object device : devices) {
      assertTrue(device.toString().contains("work groups of up to"), device.toString());
    }
    if (devices.isEmpty()) {
      assertTrue(opencl.get("reason").toString().contains("PoCL"), opencl.toString());
    }
  }

  @Test
  void theTestsRunOnTheExpectedBackEnd() {
    Map<?, ?> json = (Map<?, ?>) Json.parse(Console.run("doctor", "--json").out(), "doctor");
    assertEquals(System.getProperty("bmr4j.expectBackend", "simd"), json.get("backend"));
  }
}
