package io.github.bmr4j.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.bench.peers.Workload.Unit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The protocol, spoken with this library's own contender. */
class JavaContenderTest {

  @TempDir private Path folder;

  @Test
  void measuresOnRequest() throws IOException, InterruptedException {
    Path log = folder.resolve("log");
    try (Contender contender = new Contenders(folder, log).java("bmr4j", 1)) {
      assertNull(contender.missing());
      Workload product =
          new Workload(
              "product",
              Unit.GFLOPS,
              2.0 * 64 * 64 * 64,
              null,
              Workload.request("product", "m", 64, "n", 64, "k", 64, "left", false, "right", true));
      int calls = contender.prepare(product);
      assertTrue(calls > 1, "a sample of " + calls + " calls");
      Samples samples = new Samples(1);
      contender.sample(calls, samples);
      assertEquals(1, samples.counted());
      double gigaflops = product.shown(samples.median());
      assertTrue(gigaflops > 0.1 && gigaflops < 10_000, gigaflops + " GFLOP/s");

      assertEquals(0, contender.prepare(row("no such thing")));
    }
  }

  @Test
  void saysWhatIsMissing() throws IOException {
    Path log = folder.resolve("log");
    try (Contender contender = Contender.start("gone", List.of("sh", "-c", "exit 3"), 1, log)) {
      assertEquals("the process ended; its log says why", contender.missing());
    }
  }

  private static Workload row(String kind) {
    return new Workload(kind, Unit.MILLISECONDS, 1, null, Workload.request(kind));
  }
}
