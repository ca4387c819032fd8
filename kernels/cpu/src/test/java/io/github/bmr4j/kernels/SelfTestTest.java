package io.github.bmr4j.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SelfTestTest {

  @Test
  @Tag("width")
  void theBackEndsOfThisMachineAgree() {
    for (BackendProvider.Availability availability : Backends.survey()) {
      if (availability.available()) {
        try (Backend backend = Backends.open(availability.name(), 2)) {
          List<SelfTest.Outcome> outcomes = SelfTest.run(backend, 3, 1);
          assertTrue(outcomes.size() > 20, "all subjects");
          for (SelfTest.Outcome outcome : outcomes) {
            assertTrue(outcome.passed(), outcome.toString());
            assertTrue(outcome.shapes() >= 20, outcome.toString());
          }
        }
      }
    }
  }

  /** A back end whose addition forgets the last element fails in that, and in nothing else. */
  @Test
  void aKernelThatIsWrongIsNamed() {
    try (Backend good = Backends.open("scalar", 1)) {
      ElementwiseKernels wrong =
          (ElementwiseKernels)
              Proxy.newProxyInstance(
                  getClass().getClassLoader(),
                  new Class<?>[] {ElementwiseKernels.class},
                  (proxy, method, arguments) -> {
                    if (method.getName().equals("add")) {
                      Slice out = (Slice) arguments[2];
                      int n = out.length() - 1;
                      good.elementwise()
                          .add(
                              ((Slice) arguments[0]).slice(0, n),
                              ((Slice) arguments[1]).slice(0, n),
                              out.slice(0, n));
                      return null;
                    }
                    return method.invoke(good.elementwise(), arguments);
                  });
      Backend backend =
          (Backend)
              Proxy.newProxyInstance(
                  getClass().getClassLoader(),
                  new Class<?>[] {Backend.class},
                  (proxy, method, arguments) ->
                      method.getName().equals("elementwise")
                          ? wrong
                          : method.invoke(good, arguments));
      List<SelfTest.Outcome> failed =
          SelfTest.run(backend, 0.1, 1).stream().filter(outcome -> !outcome.passed()).toList();
      assertEquals(List.of("arithmetic"), failed.stream().map(SelfTest.Outcome::kernel).toList());
      assertFalse(failed.get(0).failure().isEmpty());
      assertTrue(failed.get(0).failure().contains("by the scalar back end"), failed.toString());
    }
  }
}
