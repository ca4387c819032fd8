package io.github.bmr4j.kernels;

import java.util.Locale;
import java.util.Optional;

/**
 * The SIMD back end, where it is safe: HotSpot with its C2 compiler, the incubator module resolved,
 * FMA in hardware, vectors of at least 128 bits that the machine really has.
 *
 * <p>Without C2 the Vector API is about twelve times slower than plain loops, without hardware FMA
 * some five thousand times. So each condition is checked, and this class must not link a class of
 * the incubator module before that module is known to be there.
 */
final class SimdBackendProvider implements BackendProvider {

  private static final String MODULE = "jdk.incubator.vector";

  @Override
  public String name() {
    return "simd";
  }

  @Override
  public Availability availability() {
    Optional<String> refusal = refusal();
    return new Availability(
        name(), refusal.isEmpty(), refusal.orElseGet(() -> Width.bits() + "-bit vectors, FMA"));
  }

  @Override
  public Backend open(int threads) {
    Optional<String> refusal = refusal();
    if (refusal.isPresent()) {
      throw new IllegalStateException(
          "Back end \"simd\" cannot run here: " + refusal.get() + "; or choose \"scalar\"");
    }
    return Linked.open(threads);
  }

  /** Why SIMD must not be used here, and what to do about it; empty if it may. */
  private static Optional<String> refusal() {
    if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
      return Optional.of(
          "the module " + MODULE + " is not resolved; start java with --add-modules " + MODULE);
    }
    String machine = System.getProperty("java.vm.name", "unknown");
    String lower = machine.toLowerCase(Locale.ROOT);
    if (!(lower.contains("hotspot") || lower.contains("openjdk")) || !lower.contains("server")) {
      return Optional.of(
          "the Vector API is fast only on a HotSpot server VM, but this is "
              + machine
              + "; use a JDK such as Temurin 25");
    }
    return withoutCompiler().or(SimdBackendProvider::withoutVectors);
  }

  private static Optional<String> withoutCompiler() {
    String info = System.getProperty("java.vm.info", "");
    if (info.contains("interpreted mode")) {
      return Optional.of("this JVM only interprets; start java without -Xint");
    }
    boolean stopsEarly =
        HotSpotFlags.value("TieredStopAtLevel").filter(level -> !level.equals("4")).isPresent();
    if (info.contains("emulated-client") || stopsEarly) {
      return Optional.of(
          "the C2 compiler is off; start java without -XX:TieredStopAtLevel and"
              + " -XX:CompilationMode");
    }
    if (HotSpotFlags.is("UseJVMCICompiler", "true")) {
      return Optional.of(
          "a JVMCI compiler has the place of C2; start java with -XX:-UseJVMCICompiler");
    }
    return Optional.empty();
  }

  private static Optional<String> withoutVectors() {
    if (HotSpotFlags.is("UseFMA", "false")) {
      return Optional.of(
          "fused multiply-add is off or the processor has none; start java without -XX:-UseFMA");
    }
    try {
      return Width.refusal();
    } catch (ExceptionInInitializerError e) {
      // A bad value of the width property; its message says which.
      return Optional.of(String.valueOf(e.getException().getMessage()));
    } catch (NoClassDefFoundError e) {
      // What the JVM throws for the same mistake from the second time on.
      return Optional.of("the system property " + Width.PROPERTY + " has a bad value; mend it");
    }
  }

  /** What needs the incubator module to be looked at. */
  private static final class Width {
    /** The same constant as in SimdSpecies, inlined by the compiler. */
    static final String PROPERTY = SimdSpecies.PROPERTY;

    static int bits() {
      return SimdSpecies.BITS;
    }

    static Optional<String> refusal() {
      int preferred = SimdSpecies.preferredBits();
      if (SimdSpecies.BITS < 128) {
        return Optional.of(
            "the widest vectors of this machine have " + preferred + " bits, not 128 or more");
      }
      if (SimdSpecies.BITS > preferred) {
        return Optional.of(
            "vectors of "
                + SimdSpecies.BITS
                + " bits were asked for, but this machine has "
                + preferred
                + "; lower the system property "
                + PROPERTY);
      }
      boolean arm = System.getProperty("os.arch", "").equals("aarch64");
      if (HotSpotFlags.value("UseFMA").isEmpty() && !arm && preferred < 256) {
        // Every x86 processor with AVX2 has FMA; of one without it nobody can tell.
        return Optional.of(
            "it is not known whether the processor has fused multiply-add; start java with"
                + " --add-modules jdk.management");
      }
      return Optional.empty();
    }
  }

  /** What links the kernels. */
  private static final class Linked {
    static Backend open(int threads) {
      WorkerPool pool = new WorkerPool(threads);
      return new CpuBackend(
          "simd",
          "simd: "
              + SimdSpecies.BITS
              + "-bit vectors, FMA, "
              + threads
              + (threads == 1 ? " thread" : " threads"),
          pool,
          new SimdMatrixKernels(pool),
          new SimdSparseKernels(pool),
          new SimdConvolutionKernels(pool),
          new SimdElementwiseKernels(pool),
          new SimdReductionKernels(pool),
          new SimdSequenceKernels(pool),
          new SimdAttentionKernels(pool),
          new SimdNoiseKernels(pool),
          new SimdVariationalKernels(pool),
          new SimdEvidenceKernels(pool));
    }
  }
}
