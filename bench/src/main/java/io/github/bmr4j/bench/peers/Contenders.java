package io.github.bmr4j.bench.peers;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Finds and starts the contenders. */
final class Contenders {

  /** Environment variable that names the Python in which the peers are installed. */
  private static final String PYTHON = "BMR_PYTHON";

  private static final String LIBTORCH = "libtorch";

  private static final String PIP_TORCH = "pip install torch numpy";
  private static final String PIP_JAX = "pip install jax optax";

  /** Peers written in Python, and how to get what they need. */
  private static final Map<String, String> PYTHON_PEERS = pythonPeers();

  private final Path folder;
  private final Path log;

  /**
   * @param folder bench/peers
   * @param log for what contenders say on standard error
   */
  Contenders(Path folder, Path log) {
    this.folder = folder;
    this.log = log;
  }

  private static Map<String, String> pythonPeers() {
    Map<String, String> peers = new LinkedHashMap<>();
    peers.put("torch-eager", PIP_TORCH);
    peers.put("torch-fused", PIP_TORCH);
    peers.put("torch-manual", PIP_TORCH);
    peers.put("torch-compile", PIP_TORCH + ", and a C++ compiler");
    peers.put("jax", PIP_JAX);
    peers.put("numpy", "pip install numpy");
    return peers;
  }

  /** This library, in a JVM of its own with the options of this one. */
  Contender java(String name, int threads) throws IOException {
    List<String> command = new ArrayList<>(javaCommand());
    command.add(JavaContender.class.getName());
    command.add(Integer.toString(threads));
    return Contender.start(name, command, threads, log);
  }

  /** This JVM again, with its options and class path. */
  static List<String> javaCommand() {
    List<String> command = new ArrayList<>();
    command.add(java());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    return command;
  }

  /**
   * All peers that can run here; of the others {@code missing} gets the reason and what to do.
   *
   * @param options says which
   * @param threads of each
   */
  List<Contender> peers(ComparisonOptions options, int threads, List<String> missing)
      throws IOException {
    List<Contender> found = new ArrayList<>();
    for (Map.Entry<String, String> peer : PYTHON_PEERS.entrySet()) {
      if (options.peers().matcher(peer.getKey()).find()) {
        python(peer.getKey(), threads, peer.getValue(), found, missing);
      }
    }
    if (options.peers().matcher(LIBTORCH).find()) {
      libTorch(threads, found, missing);
    }
    return found;
  }

  /** LibTorch's Java binding runs in a JVM, too, from the jars that its script has fetched. */
  private void libTorch(int threads, List<Contender> found, List<String> missing)
      throws IOException {
    Path jars = folder.resolveSibling("target").resolve(LIBTORCH);
    if (!Files.isDirectory(jars)) {
      missing.add(LIBTORCH + ": its jars are not there (bench/peers/libtorch/fetch)");
      return;
    }
    List<String> command =
        List.of(
            java(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            jars + File.separator + "*",
            folder.resolve(LIBTORCH).resolve("LibTorch.java").toString(),
            "--threads",
            Integer.toString(threads));
    Contender contender = Contender.start(LIBTORCH, command, threads, log);
    if (contender.missing() == null) {
      found.add(contender);
    } else {
      missing.add(LIBTORCH + ": " + contender.missing());
      contender.close();
    }
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private void python(
      String name, int threads, String remedy, List<Contender> found, List<String> missing)
      throws IOException {
    String script = folder.resolve("python").resolve("contender.py").toString();
    String reason = "there is no Python 3";
    for (String python : pythons()) {
      List<String> command =
          List.of(python, "-B", script, name, "--threads", Integer.toString(threads));
      Contender contender = Contender.start(name, command, threads, log);
      if (contender.missing() == null) {
        found.add(contender);
        return;
      }
      reason = contender.missing();
      contender.close();
    }
    missing.add(name + ": " + reason + " (" + remedy + ")");
  }

  private static List<String> pythons() {
    String chosen = System.getenv(PYTHON);
    List<String> candidates =
        chosen == null ? List.of("python3", "/usr/bin/python3") : List.of(chosen);
    return candidates.stream().filter(Contenders::runs).toList();
  }

  private static boolean runs(String command) {
    if (command.contains("/")) {
      return Files.isExecutable(Path.of(command));
    }
    String path = System.getenv("PATH");
    for (String folder : (path == null ? "" : path).split(":", -1)) {
      if (Files.isExecutable(Path.of(folder, command))) {
        return true;
      }
    }
    return false;
  }
}
